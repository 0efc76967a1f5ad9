import { describe, expect, it, test } from 'vitest';
import {
  mayBeSessionBound,
  mayEndTransaction,
  readStatementKind,
  type StatementKind,
  stripFinalSemicolons,
  verbOf,
} from '../../../../src/internal.ts';

const one = { multipleStatements: false } as const;
const several = { multipleStatements: true } as const;
const kindOf = (sql: string) => readStatementKind(sql, several);

/** Letters for what is true: atomic, leaves uncommitted, commit; ends, begins, session-bound. */
function letters(kind: StatementKind): string {
  return [
    kind.isAtomic ? 'a' : '-',
    kind.leavesUncommitted ? 'u' : '-',
    kind.isCommit ? 'c' : '-',
    kind.endsTransaction ? 'E' : '-',
    kind.beginsTransaction ? 'B' : '-',
    kind.isSessionBound ? 'S' : '-',
  ].join('');
}

/** As written, and with what a monitor or a person puts around it. */
const framed = (sql: string) => [
  sql,
  `/*dddbs='app; x',ddh='a"b'*/ ${sql}`,
  `-- ; it's\n# COMMIT;\n${sql.toLowerCase()}`,
  `\n\t${sql} /* ; */;`,
  `${sql} -- it's;`,
];

describe('the kind of one statement, whatever comments and semicolons stand around it', () => {
  test.each([
    ['SELECT 1', 'au----', 'SELECT'],
    ['(SELECT 1) UNION (SELECT 2)', 'au----', 'SELECT'],
    ["SELECT 1 INTO OUTFILE 'a'", 'au----', 'SELECT'],
    ['WITH a AS (SELECT 1) DELETE FROM t', 'au----', 'WITH'],
    ['TABLE t', 'au----', 'TABLE'],
    ['VALUES ROW(1)', 'au----', 'VALUES'],
    ["INSERT INTO t VALUES ('a;b /*! &amp;')", 'au----', 'INSERT'],
    ['REPLACE INTO t VALUES (1)', 'au----', 'REPLACE'],
    ['UPDATE t SET a = 1', 'au----', 'UPDATE'],
    ['DELETE FROM t', 'au----', 'DELETE'],
    ['SHOW TABLES', 'au----', 'SHOW'],
    ['EXPLAIN INSERT INTO t VALUES (1)', 'au----', 'EXPLAIN'],
    ['EXPLAIN ANALYZE SELECT 1', 'au----', 'ANALYZE'],
    ['DESC t', 'au----', 'DESC'],
    ['DESCRIBE/**/ANALYZE SELECT 1', 'au----', 'ANALYZE'],
    ['DO RELEASE_LOCK(1)', '-u----', 'DO'],
    ['SAVEPOINT a', 'au---S', 'SAVEPOINT'],
    ['SAVEPOINT `commit`', 'au---S', 'SAVEPOINT'],
    ['RELEASE SAVEPOINT a', 'au---S', 'RELEASE'],
    ['ROLLBACK TO a', 'au---S', 'ROLLBACK'],
    ['ROLLBACK WORK TO SAVEPOINT a', 'au---S', 'ROLLBACK'],
    ['ROLLBACK', 'au-E-S', 'ROLLBACK'],
    ['ROLLBACK WORK AND NO CHAIN NO RELEASE', 'au-E-S', 'ROLLBACK'],
    ['ROLLBACK AND CHAIN', 'au-EBS', 'ROLLBACK'],
    ['COMMIT', 'a-cE-S', 'COMMIT'],
    ['COMMIT WORK', 'a-cE-S', 'COMMIT'],
    ['COMMIT RELEASE', 'a-cE-S', 'COMMIT'],
    ['COMMIT WORK AND NO CHAIN RELEASE', 'a-cE-S', 'COMMIT'],
    ['COMMIT AND CHAIN NO RELEASE', 'a-cEBS', 'COMMIT'],
    ['BEGIN', '---EBS', 'BEGIN'],
    ['BEGIN WORK', '---EBS', 'BEGIN'],
    ['START TRANSACTION READ ONLY', 'a--EBS', 'START'],
    ['START REPLICA', '---EB-', 'START'],
    ['SET TRANSACTION READ ONLY', 'au---S', 'SET'],
    ['SET SESSION TRANSACTION READ ONLY', 'au---S', 'SET'],
    ['SET LOCAL TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'au---S', 'SET'],
    ['SET GLOBAL TRANSACTION READ ONLY', 'a--EB-', 'SET'],
    ['SET autocommit = 0', 'a--EBS', 'SET'],
    ['SET @@autocommit := 1', 'a--EBS', 'SET'],
    ['SET @@session.autocommit = 1', 'a--EBS', 'SET'],
    ['SET @@ local . `autocommit` = 1', 'a--EBS', 'SET'],
    ['SET SESSION autocommit = ON', 'a--EBS', 'SET'],
    ["SET @a = COALESCE(1, 2), LOCAL autocommit = 'ON'", 'a--EBS', 'SET'],
    ['SET GLOBAL a = 1, @@autocommit = 0', 'a--EBS', 'SET'],
    ['SET GLOBAL autocommit = 0', 'a--EB-', 'SET'],
    ['SET GLOBAL a = 1, autocommit = 0', 'a--EB-', 'SET'],
    ['SET @@global.autocommit = 0', 'a--EB-', 'SET'],
    ['SET @autocommit = 0', 'a--EB-', 'SET'],
    ['SET @a = @@autocommit', 'a--EB-', 'SET'],
    ["SET @a = 'autocommit'", 'a--EB-', 'SET'],
    ["SET PASSWORD = 'a'", 'a--EB-', 'SET'],
    ['SET DEFAULT ROLE ALL TO a', 'a--EB-', 'SET'],
    ['SET NAMES utf8mb4', 'au----', 'SET'],
    ["SET @a = 'été; b', sql_mode = 'ANSI'", 'au----', 'SET'],
    ['SET SESSION innodb_lock_wait_timeout = 1', 'au----', 'SET'],
    ['LOCK TABLES t WRITE', '---E-S', 'LOCK'],
    ['UNLOCK TABLES', '---E-S', 'UNLOCK'],
    ['LOCK INSTANCE FOR BACKUP', '---E-S', 'LOCK'],
    ['UNLOCK INSTANCE', '---E-S', 'UNLOCK'],
    ['FLUSH TABLES WITH READ LOCK', '---E-S', 'FLUSH'],
    ['FLUSH NO_WRITE_TO_BINLOG TABLES a, b.`read`, c, d, e, f WITH READ LOCK', '---E-S', 'FLUSH'],
    ['FLUSH TABLES WITH READ LOCK AND DISABLE CHECKPOINT', '---E-S', 'FLUSH'],
    ['FLUSH TABLES a FOR EXPORT', '---E-S', 'FLUSH'],
    ['FLUSH TABLES `for`, `export`', '---EB-', 'FLUSH'],
    ['FLUSH TABLES', '---EB-', 'FLUSH'],
    ['FLUSH PRIVILEGES', '---EB-', 'FLUSH'],
    ['BACKUP STAGE START', '---E-S', 'BACKUP'],
    ['BACKUP LOCK t', '---E-S', 'BACKUP'],
    ['BACKUP UNLOCK', '---E-S', 'BACKUP'],
    ["XA START 'a'", '---EBS', 'XA'],
    ['XA RECOVER', '---EB-', 'XA'],
    ["XA COMMIT 'a'", '---EB-', 'XA'],
    ['USE app', 'au---S', 'USE'],
    ['HANDLER t OPEN', '---EBS', 'HANDLER'],
    ['CALL p()', '---EB-', 'CALL'],
    ['EXECUTE s', '---EB-', 'EXECUTE'],
    ['CREATE TABLE t (a INT)', '---EB-', 'CREATE'],
    ['DROP TABLE a, b', '---EB-', 'DROP'],
    ['TRUNCATE t', '---EB-', 'TRUNCATE'],
    ['ANALYZE TABLE t', '---EB-', 'ANALYZE'],
    ["LOAD DATA INFILE 'a' INTO TABLE t", '---EB-', 'LOAD'],
    ['SET STATEMENT a = 1 FOR SELECT 1', 'au----', 'SELECT'],
    ['SET STATEMENT a = 1 FOR CALL p()', '---EB-', 'CALL'],
    ['SET STATEMENT a = 1 FOR COMMIT', 'a-cE-S', 'COMMIT'],
    ["SET STATEMENT a = ' FOR SELECT 1', b = 2 FOR CALL p()", '---EB-', 'CALL'],
    ["SET STATEMENT a = (SELECT SUBSTRING('a' FROM 1 FOR 2)) FOR UPDATE t SET a = 1", 'au----', 'UPDATE'],
    ['SET STATEMENT a = @for, `for` = 1, b = t.for FOR CALL p()', '---EB-', 'CALL'],
    ['SET/**/STATEMENT a = 1 /* FOR SELECT */ FOR SET STATEMENT b = 1 FOR DELETE FROM t', 'au----', 'DELETE'],
    ['SET STATEMENT a = 1 FOR SET STATEMENT b = 1 FOR CALL p()', '---EB-', 'CALL'],
    ['SET STATEMENT a = 1 FOR EXPLAIN ANALYZE SELECT 1', 'au----', 'ANALYZE'],
  ])('%s', (sql, expected, verb) => {
    for (const text of framed(sql)) {
      for (const options of [one, several]) {
        const kind = readStatementKind(text, options);
        expect([text, letters(kind), kind.verb, kind.isSeveral]).toEqual([text, expected, verb, false]);
      }
      expect(verbOf(text)).toBe(verb);
    }
  });
});

describe('nothing is believed of what cannot be known', () => {
  test.each([
    '',
    'selectcommit',
    "'select' 1",
    '/*!50000 commit */',
    '/*!50000 select */ 1',
    'insert into t /*!; commit */ values (1)',
    'insert into t /*M!; commit */ values (1)',
    'rollback /*! to a */',
    '\u00a0select 1',
    // A label of MariaDB's, and what it labels.
    'savepoint: loop insert into t values (1); commit; end loop',
    'rollback:loop commit; end loop',
    'begin not atomic insert into t values (1); end',
    'start slave',
    'execute immediate ?',
    'savepoint',
    'release',
    'set statement a = 1',
    'set statement a = 1 for',
    // Two modes, two statements.
    "set statement a = 'x\\' for select ' for call p(), ' for select 1'",
  ])('%j', (sql) => {
    for (const options of [one, several]) {
      const kind = readStatementKind(sql, options);
      expect(kind).toMatchObject({ isAtomic: false, leavesUncommitted: false, endsTransaction: true });
      expect(kind).toMatchObject({ beginsTransaction: true, isSessionBound: false });
    }
  });

  it('nor of a long text that would have to be read to its end', () => {
    const long = `INSERT INTO t VALUES ('${'a;'.repeat(600_000)}')`;
    expect(kindOf(long)).toMatchObject({ verb: '', isAtomic: false, leavesUncommitted: false });
    expect(readStatementKind(long, one)).toMatchObject({ verb: 'INSERT', isAtomic: true, leavesUncommitted: true });
  });
});

describe('several statements', () => {
  test.each([
    'insert into t values (1); insert into t values (2)',
    'select 1; commit',
    'begin; insert into t values (1); commit',
    '/* a */ set autocommit = 0; select 1',
    "insert into t values ('a'); -- '\ndelete from t",
    // Whether it is one depends on the mode.
    "insert into t values ('a\\'; delete from t; -- ')",
  ])('are nothing that can be undone as a whole: %j', (sql) => {
    expect(kindOf(sql)).toMatchObject({ isSeveral: true, isAtomic: false, leavesUncommitted: false });
    expect(kindOf(sql)).toMatchObject({ endsTransaction: true, beginsTransaction: true, isSessionBound: false });
  });

  it('are refused as a whole by a connection that does not allow them', () => {
    const kind = readStatementKind('insert into t values (1); commit', one);
    expect(kind).toMatchObject({ verb: 'INSERT', isSeveral: false, isAtomic: true, leavesUncommitted: true });
  });

  it('may begin with COMMIT', () => {
    expect(kindOf('/* a */ commit; select 1').isCommit).toBe(true);
    expect(kindOf('select 1; commit').isCommit).toBe(false);
  });
});

describe('the first word tells of nearly all statements', () => {
  test.each(['INSERT INTO t VALUES (1)', '/* a */ select 1', '(select 1)', 'CALL p()', ''])(
    'that %j is bound to no session',
    (sql) => expect(mayBeSessionBound(sql)).toBe(false),
  );
  test.each(['BEGIN', '/* a */ set names utf8', 'use a', 'xa recover'])('that %j may be', (sql) =>
    expect(mayBeSessionBound(sql)).toBe(true),
  );
  test.each(['INSERT INTO t VALUES (1)', '/* a */ select 1', 'with a as (select 1) select 1', 'rollback to a'])(
    'that %j ends no transaction',
    (sql) => {
      expect(mayEndTransaction(sql, several)).toBe(false);
      expect(mayEndTransaction(`${sql}; commit`, one)).toBe(false);
      expect(mayEndTransaction(`${sql}; commit`, several)).toBe(true);
    },
  );
  test.each(['COMMIT', 'rollback', '', '/*! select */ 1', 'create table t (a int)'])('that %j may end one', (sql) =>
    expect(mayEndTransaction(sql, one)).toBe(true),
  );
});

test('semicolons and blanks at the end are left out', () => {
  expect(stripFinalSemicolons('select 1 ; ;\n')).toBe('select 1');
  expect(stripFinalSemicolons('select 1;\u00a0')).toBe('select 1;\u00a0');
});
