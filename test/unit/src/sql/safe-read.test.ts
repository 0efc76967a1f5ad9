import { and, asc, count, desc, eq, exists, inArray, like, relations, sql } from 'drizzle-orm';
import {
  alias,
  boolean,
  except,
  int,
  intersect,
  json,
  mysqlTable,
  text,
  timestamp,
  unionAll,
  varchar,
} from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isSafeRead } from '../../../../src/sql/safe-read.ts';

describe('what Drizzle sends', () => {
  const users = mysqlTable('users', {
    id: int('id').primaryKey().autoincrement(),
    name: varchar('name', { length: 100 }).notNull(),
    bossId: int('boss_id'),
    active: boolean('active'),
    settings: json('settings'),
    createdAt: timestamp('created_at').defaultNow(),
  });
  const posts = mysqlTable('posts', {
    id: int('id').primaryKey(),
    authorId: int('author_id').notNull(),
    body: text('body'),
  });
  const usersRelations = relations(users, ({ many, one }) => ({
    posts: many(posts),
    boss: one(users, { fields: [users.bossId], references: [users.id], relationName: 'boss' }),
  }));
  const postsRelations = relations(posts, ({ one }) => ({
    author: one(users, { fields: [posts.authorId], references: [users.id] }),
  }));
  const schema = { users, posts, usersRelations, postsRelations };
  const db = drizzle.mock({ schema, mode: 'default' });
  const planetscale = drizzle.mock({ schema, mode: 'planetscale' });
  const bosses = alias(users, 'bosses');
  const authors = db.$with('authors').as(
    db
      .select({ id: posts.authorId, n: count().as('n') })
      .from(posts)
      .groupBy(posts.authorId),
  );
  const newest = db.select().from(posts).orderBy(desc(posts.id)).limit(10).as('newest');
  const ids = db.select({ id: users.id }).from(users);
  const authorIds = db.select({ id: posts.authorId }).from(posts);

  const reads = {
    'a plain select': db.select().from(users),
    'where, order, limit and offset': db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.name, "O'Hara"), like(users.name, '%x'), inArray(users.id, [1, 2, 3])))
      .orderBy(asc(users.name), desc(users.id))
      .limit(10)
      .offset(20),
    'joins and an alias': db
      .select()
      .from(users)
      .leftJoin(posts, eq(posts.authorId, users.id))
      .innerJoin(bosses, eq(bosses.id, users.bossId))
      .rightJoin(newest, eq(newest.id, posts.id)),
    'distinct, group by and having': db
      .selectDistinct({ name: users.name, n: count(posts.id) })
      .from(users)
      .leftJoin(posts, eq(posts.authorId, users.id))
      .groupBy(users.name)
      .having(({ n }) => sql`${n} > 1`),
    'a CTE': db.with(authors).select().from(authors).innerJoin(users, eq(users.id, authors.id)),
    exists: db
      .select()
      .from(users)
      .where(exists(db.select({ one: sql`1` }).from(posts).where(eq(posts.authorId, users.id)))),
    'a lateral join': db
      .select()
      .from(users)
      .leftJoinLateral(db.select().from(posts).where(eq(posts.authorId, users.id)).limit(3).as('latest'), sql`true`),
    'set operations': unionAll(ids, authorIds).orderBy(sql`1`).limit(5),
    intersect: intersect(ids, authorIds),
    except: except(ids, authorIds),
    'an index hint': db.select().from(users, { useIndex: 'by_name' }),
    'findMany with relations': db.query.users.findMany({
      with: { posts: { with: { author: true }, limit: 5 }, boss: true },
    }),
    'findFirst with extras': db.query.posts.findFirst({
      columns: { id: true },
      extras: { size: sql<number>`char_length(${posts.body})`.as('size') },
      where: eq(posts.id, 7),
    }),
    'findMany in planetscale mode': planetscale.query.users.findMany({ with: { posts: true } }),
    'raw expressions': db
      .select({
        text: sql`cast(${users.id} as char)`,
        amount: sql`cast(${users.id} as decimal(10,2))`,
        setting: sql`json_unquote(json_extract(${users.settings}, '$.theme'))`,
        arrow: sql`${users.settings}->>'$.theme'`,
        rank: sql`row_number() over (partition by ${users.bossId} order by ${users.createdAt} desc)`,
        score: sql`match(${users.name}) against (${'+a -b'} in boolean mode)`,
        where: sql`st_astext(st_geomfromtext('POINT(1 1)'))`,
        age: sql`date_sub(now(), interval 1 day)`,
      })
      .from(users),
  };

  test.each(Object.entries(reads))('takes %s for safe', (_, query) => {
    expect(safe(query.toSQL().sql)).toBe(true);
  });

  test('takes $count for safe', () => {
    const statement = db
      .select({ count: db.$count(users, eq(users.id, 1)) })
      .from(users)
      .toSQL().sql;
    expect(safe(statement)).toBe(true);
  });

  const others = {
    'for update': db.select().from(users).for('update'),
    'for update skip locked': db.select().from(users).for('update', { skipLocked: true }),
    'for share': db.select().from(users).for('share', { noWait: true }),
    insert: db.insert(users).values({ name: 'x' }),
    'insert from select': db.insert(posts).select(db.select().from(posts)),
    upsert: db
      .insert(users)
      .values({ name: 'x' })
      .onDuplicateKeyUpdate({ set: { name: 'y' } }),
    update: db.update(users).set({ name: 'x' }).where(eq(users.id, 1)),
    delete: db.delete(users).where(eq(users.id, 1)),
    'delete behind a CTE': db.with(authors).delete(users),
    'a stored function': db.select({ n: sql`next_number(${users.id})` }).from(users),
    'a lock': db.select({ n: sql`get_lock(${'x'}, 10)` }).from(users),
  };

  test.each(Object.entries(others))('does not take %s for safe', (_, query) => {
    expect(safe(query.toSQL().sql)).toBe(false);
  });
});

describe('what Prisma sends', () => {
  const reads = [
    'SELECT `app`.`User`.`id`, `app`.`User`.`email` FROM `app`.`User` WHERE (`app`.`User`.`id` = ? AND 1=1) LIMIT ? OFFSET ?',
    'SELECT `app`.`User`.`id` FROM `app`.`User` WHERE 1=1 ORDER BY `app`.`User`.`id` ASC LIMIT ? OFFSET ?',
    'SELECT `app`.`Post`.`id`, `app`.`Post`.`authorId` FROM `app`.`Post` WHERE `app`.`Post`.`authorId` IN (?,?,?,?)',
    'SELECT COUNT(*) AS `_count._all` FROM (SELECT `app`.`User`.`id` FROM `app`.`User` WHERE 1=1 LIMIT ? OFFSET ?) AS `sub`',
    'SELECT COUNT(*) AS `_count$_all`, SUM(`age`) AS `_sum$age` FROM (SELECT `app`.`User`.`id`, `app`.`User`.`age` FROM `app`.`User` WHERE 1=1) AS `sub`',
    "SELECT `t1`.`id`, `User_posts`.`__prisma_data__` AS `posts` FROM `app`.`User` AS `t1` LEFT JOIN LATERAL (SELECT COALESCE(JSON_ARRAYAGG(`__prisma_data__`), CONVERT('[]', JSON)) AS `__prisma_data__` FROM (SELECT `t4`.`__prisma_data__` FROM (SELECT JSON_OBJECT('id', `t3`.`id`) AS `__prisma_data__` FROM (SELECT `t2`.* FROM `app`.`Post` AS `t2` WHERE `t1`.`id` = `t2`.`authorId` /* root select */) AS `t3` /* inner select */) AS `t4` /* middle select */) AS `t5` /* outer select */) AS `User_posts` ON TRUE WHERE 1=1",
    'SELECT `app`.`User`.`id`, COALESCE(`aggr_selection_0_Post`.`_aggr_count_posts`, 0) AS `_aggr_count_posts` FROM `app`.`User` LEFT JOIN (SELECT `app`.`Post`.`authorId`, COUNT(*) AS `_aggr_count_posts` FROM `app`.`Post` WHERE 1=1 GROUP BY `app`.`Post`.`authorId`) AS `aggr_selection_0_Post` ON (`app`.`User`.`id` = `aggr_selection_0_Post`.`authorId`) WHERE 1=1',
    'SELECT `app`.`User`.`role`, COUNT(*) AS `_count._all` FROM `app`.`User` WHERE 1=1 GROUP BY `app`.`User`.`role` HAVING COUNT(`app`.`User`.`id`) > ?',
    'SELECT `app`.`User`.`id` FROM `app`.`User` WHERE (`app`.`User`.`id`) NOT IN (SELECT `t1`.`authorId` FROM `app`.`Post` AS `t1` WHERE (1=1 AND `t1`.`authorId` IS NOT NULL))',
    'SELECT `app`.`User`.`id` FROM `app`.`User` WHERE MATCH (`app`.`User`.`name`) AGAINST (? IN BOOLEAN MODE) ORDER BY MATCH (`app`.`User`.`name`) AGAINST (? IN BOOLEAN MODE) DESC',
    'SELECT `app`.`User`.`id` FROM `app`.`User` WHERE (JSON_UNQUOTE(JSON_EXTRACT(`app`.`User`.`data`, ?)) LIKE ? AND (JSON_TYPE(JSON_EXTRACT(`data`, ?)) = ?))',
    'SELECT 1',
  ];
  test.each(reads)('takes for safe: %s', (statement) => {
    expect(safe(statement)).toBe(true);
  });

  const others = [
    'SELECT `app`.`User`.`id` FROM `app`.`User` WHERE `id` = ? FOR UPDATE',
    'INSERT INTO `app`.`User` (`id`) VALUES (?)',
    'UPDATE `app`.`User` SET `name` = ? WHERE (`app`.`User`.`id` IN (?) AND 1=1)',
    'DELETE FROM `app`.`User` WHERE 1=1',
    'SELECT LAST_INSERT_ID()',
    'BEGIN',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  ];
  test.each(others)('does not take for safe: %s', (statement) => {
    expect(safe(statement)).toBe(false);
  });
});

describe('a safe read', () => {
  const reads = [
    // Shapes
    'select 1',
    ' \t\r\n\f\vselect 1 ; -- done\n # done\n /* done */ ',
    '((select 1)) union all (select 2) order by 1',
    '(select 1) intersect (select 2)',
    'with recursive c (n, `m`) as (select 1, 2 union all select n + 1, m from c where n < 9), d (x) as (select 3) select * from c, d',
    'table users order by id limit 3',
    'values row(1, 2), row(3, 4)',
    'values (1, 2), (3, 4)',
    'select * from (select 1, 2) as d (a, b)',
    'select * from (t1 join t2) left join (t3, t4) using (id)',
    'select * from t partition (p0) use index (a) ignore index for order by (b) force index for join (c) where (a, b) in ((1, 2))',
    "select * from t, json_table(t.doc, '$[*]' columns (n for ordinality, id varchar(20) path '$.id', nested path '$.x' columns (y decimal(4, 1) path '$'))) as jt",
    'select * from prices for system_time as of timestamp(now() - interval 1 day)',
    "select * from prices for system_time between '2020-01-01' and now()",
    'select a, rank() over w from t window w as (partition by b order by (c))',
    // Tokens
    "select 'it''s', 'a\\n', \"it\", N'n', _utf8mb4'x', x'4142', b'01', 1.5e-3, .5, 1., -1, --1, !a, ~b",
    "select 'one' 'two'",
    'select `a``b`, `select`, `for update`, `@x` from `into`',
    "select 'for update', '; drop table t', 'into outfile', '@x', '/*!', 'größe', '你好'",
    "select a from t where b = :name and c = ? and d <=> e and f ->> '$.g' <> 'h' || 'i' && 1 << 2 >> 3 ^ 4 | 5 & 6 % 7",
    'select `größe`, `名前` from t /* größe */',
    'select /*+ MAX_EXECUTION_TIME(1000) NO_INDEX_MERGE(@qb t1) */ 1',
    'select/**/1',
    'select 1 --',
    'select 1 #',
    'select 1 # for update',
    'select 1 -- \r for update',
    'select 1 /*/ for update */',
    // Functions
    'select count(*), count(distinct a), sum(a), group_concat(distinct a order by b desc separator ","), json_objectagg(a, b) from t',
    "select substring('abc' from 1 for 2), trim(leading 'x' from a), extract(year from b), position('a' in b), convert(a using utf8mb4)",
    'select cast(a as unsigned), cast(b as char(10)), convert(c, decimal(10, 2)), convert(d, datetime(6)), binary (e)',
    'select now(6), current_timestamp, current_timestamp(3), curdate(), utc_timestamp(), rand(), uuid(), unix_timestamp(), version()',
    'select if(a, b, c), ifnull(a, b), coalesce(a, b), nullif(a, b), case when (a) then (b) else (c) end, greatest(a, b), interval(1, 2)',
    "select insert(a, 1, 2, 'x'), replace(a, 'x', 'y'), left(a, 1), mod(a, 2), truncate(a, 1), char(65), date(a), year(b)",
    "select lag(a) over (order by b rows between 1 preceding and current row), json_value(a, '$.b' returning decimal(4, 2)) from t",
    'select database(), schema(), user(), current_user(), current_user, session_user(), connection_id(), charset(a), collation(a), sleep(1)',
    'select @@version, @@global.read_only, @@session.sql_mode, @@LOCAL.time_zone, 1+@@server_id from t limit 1',
    "select table_name from information_schema.tables where table_name = 'innodb_cmp_reset'",
    'select * from `performance_schema`.threads, sys.processlist',
    'select st_distance_sphere(a, b), st_x(a), mbrcontains(a, b) from t',
    'select a from t where a not in (1) and b between (1) and (2) and exists (select 1) and (c) = any (select 1) or d like (e) xor f regexp (g)',
    'select t.lock_version, format, value, status, nextval, rowcount from t',
    // SHOW, EXPLAIN, DESCRIBE
    'show tables',
    "show full tables from app like 'u%'",
    'show columns from t where field = ?',
    'show create table `t`',
    'show index from t',
    'show databases;',
    "show global variables like 'x'",
    'describe t',
    'desc `app`.`t` name',
    'explain t',
    'explain select * from t',
    'explain format=json (select 1) union (select 2)',
    'explain extended with c as (select 1) select * from c',
  ];
  test.each(reads)('%s', (statement) => {
    expect(safe(statement)).toBe(true);
  });
});

describe('not a safe read', () => {
  const kinds: Record<string, readonly string[]> = {
    'nothing, or not a read': [
      '',
      ' ',
      ';',
      '-- select 1',
      '/* select 1 */',
      '(',
      ')',
      'insert into t values (1)',
      'update t set a = 1',
      'delete from t',
      'replace into t values (1)',
      'call p()',
      'do sleep(1)',
      'set @a = 1',
      'set statement max_statement_time = 1 for select 1',
      'begin',
      'commit',
      'handler t open',
      'handler t read next',
      'lock tables t read',
      'analyze table t',
      'analyze select 1',
      'kill 1',
      'use app',
      'prepare s from "select 1"',
      'execute immediate "select 1"',
      'create table t as select 1',
      'selects',
      'selec',
      'from t select 1',
    ],
    'WITH before a write': [
      'with c as (select 1) update t set a = 1',
      'with c as (select 1) delete from t',
      'with c as (select 1) update (select 1) as d, t set t.a = 1',
      'with c as (select 1) insert t select * from c',
      'with c as (select 1) replace t select * from c',
      '(with c as (select 1) delete from t)',
    ],
    'more than one statement': [
      'select 1; select 2',
      'select 1;;',
      'select 1; delete from t',
      '; select 1',
      'select 1 /* ; */ ; x',
      "select ';'; drop table t",
    ],
    'a locking read': [
      'select * from t for update',
      'select * from t FOR\tUPDATE NOWAIT',
      'select * from t for/**/update',
      'select * from t for -- x\n update skip locked',
      'select * from t for share',
      'select * from t for share of t skip locked',
      'select * from t lock in share mode',
      'select * from t lock/* */in share mode',
      'select * from (select * from t for update) as d',
      '(select * from t) for update',
      'select * from t where a = `b`for update',
      "select * from t where a = 'b'for update",
      'select * from t where a = 1for update',
      'select * from t where a = 1.for update',
      'select * from t where a = 0x1for update',
      'select * from t where a = .5for update',
      'select * from t where a = ?for update',
      'select * from t where a = (1)for update',
      'table t for update',
      'select * from t for nothing',
    ],
    'a write to a file or a variable': [
      "select * from t into outfile '/tmp/x'",
      "select * into dumpfile '/tmp/x' from t",
      'select 1 into @a',
      'select 1 into a',
      'select 1.into outfile "x"',
      'select @a := 1',
      'select a := 1',
      'select @a',
      'select @@session.last_insert_id',
      'select @@identity',
      'select @@session . last_insert_id',
      'select @@warning_count',
      'select @@in_transaction',
      'select @@`version`',
      'select @@component.version',
      'select @@global.component.version',
      'select @@ version',
      'select @@version := 1',
      'select 1 into @@version',
      'select @@version()',
      'select @`a`',
      "select@'a'",
      'table t into outfile "x"',
    ],
    'a sequence': [
      'select next value for s',
      'select NEXT  VALUE\nFOR s',
      'select next value for system_time',
      'select next value for `s`',
      'select next value for 1',
      'select previous value for s',
      'select nextval(s)',
      'select lastval(s)',
      'select setval(s, 1)',
      'select s.nextval',
      'select `s`.`nextval`',
      'select "s"."NextVal"',
      'select s.currval',
      'select default(a) from t',
    ],
    'session state': [
      'select last_insert_id()',
      'select LAST_INSERT_ID ( )',
      'select `last_insert_id`()',
      'select row_count()',
      'select found_rows()',
      'select sql_calc_found_rows * from t',
      'select sql%rowcount',
      'select current_role',
      'select current_role()',
      'select * from information_schema.session_variables',
      'select * from `performance_schema`.session_status',
      'select * from performance_schema . session_variables',
      'select * from information_schema.profiling',
      'select * from information_schema.`optimizer_trace`',
      'select * from information_schema.innodb_cmp_reset',
      'select * from `INNODB_CMPMEM_RESET`',
      'select * from "innodb_cmp_per_index_reset"',
      'show warnings',
      'show errors',
      'show count(*) warnings',
      'show status',
      'show session status',
      'show variables',
      'show profile',
      'show profiles',
      'show grants',
      'show engine innodb status',
      'show explain for 5',
      'show',
      'show full',
      '(show tables)',
    ],
    'a function with effects, or unknown': [
      "select get_lock('a', 1)",
      "select release_lock('a')",
      'select release_all_locks()',
      "select is_free_lock('a')",
      "select is_used_lock('a')",
      'select benchmark(1, 1)',
      "select load_file('/x')",
      'select uuid_short()',
      "select name_const('a', 1)",
      "select extractvalue(a, '/b')",
      "select updatexml(a, '/b', 'c')",
      "select master_pos_wait('a', 1)",
      "select source_pos_wait('a', 1)",
      "select wait_for_executed_gtid_set('a')",
      "select master_gtid_wait('a')",
      'select wsrep_sync_wait_upto()',
      "select sys_exec('x')",
      'select f()',
      'select f ()',
      'select f/**/()',
      'select f -- x\n()',
      'select `f`()',
      'select "f"()',
      "select 'f'()",
      'select app.f()',
      'select `app`.`count`(1)',
      'select app . count(1)',
      'select app.in (1)',
      'select app.f(select 1)',
      'select f((select 1))',
      'select *, f() from t',
      'select a from t where f(a) = 1',
      'select a from t order by f(a)',
      'select a as b, f(c) as d from t',
      'select 1, f(a) as b',
      'select 1, f(a) as (select 1), g()',
      'with f(a) as (select g()) select 1',
      'with c as (select 1), f(1) as (select 2) select 1',
      'show tables where f()',
      'select of(1)',
      'select against(1)',
      'select columns(1)',
      "select 'a' like 'b' escape ('c')",
      'select lateral(1)',
      'select lateral(values (1))',
      'select * from t, lateral (t2)',
      'select md5(a)',
      'select point(1, 2)',
      'select f(values (1))',
      'select f(a) as (select 1)',
      'select json_table(1)',
      "select json_table(f, '$') from t",
      "select json_table(1) from json_table('[]', '$' columns (a int path '$')) as j",
      'select ?(1)',
      'select ??(1)',
      'select 1 (2)',
      'select (1)(2)',
      'select get_lock("a", 1) in (1)',
    ],
    'a built-in with a space before its parenthesis': [
      'select count (*) from t',
      'select now ()',
      'select now/**/()',
      'select substring\n("a", 1)',
    ],
    'an older escape hatch': [
      'select * from t limit 1 procedure analyse()',
      'select * from t procedure analyse',
      'select * from t procedure analyse(1, 2)',
    ],
    'EXPLAIN of what is not a plain query': [
      'explain',
      'explain analyze select 1',
      'explain analyze t',
      'explain analyze format=tree select 1',
      'explain format=json analyze select 1',
      'explain for connection 5',
      'explain 5',
      'desc t (a)',
      'describe t a, b',
      'describe t a b c d',
      'explain format=json for connection 5',
      'explain update t set a = 1',
      'explain delete from t',
      'explain insert into t values (1)',
      'explain replace into t values (1)',
      'explain select f()',
      'explain select * from t for update',
      'explain select 1; delete from t',
      'explain format=json into @a select 1',
      '(explain select 1)',
    ],
    'an executable comment or a hint with effects': [
      'select 1 /*! for update */',
      'select 1 /*!50000 for update */',
      'select 1 /*M! for update */',
      'select 1 /*m!100000 for update */',
      '/*! delete from t */',
      'select 1 /* /*! for update */ */',
      "select /*+ SET_VAR(sql_mode = 'x') */ 1",
      'select /*+ SET_VAR(a = 1) */ 1',
      'select /*+ set_var(a) */ 1',
      'select /*+ RESOURCE_GROUP(a) */ 1',
    ],
    'text that cannot be read for certain': [
      "select 'a",
      'select "a',
      'select `a',
      "select 'a\\'",
      'select /* a',
      'select /*',
      'select /* a /* b */ c */',
      'select 1 */ 2',
      'select \0',
      "select 'a\0b'",
      'select 1 -- a\0b',
      'select 1 --\x01 a',
      'select\u00a01',
      'select\u20281',
      '\ufeffselect 1',
      'select größe from t',
      'select * from t for\u00a0update',
      "select '你\\'",
      "select '\\你'",
      "select '\u00a5'",
      'select \\N',
      'select [a]',
      "select {d '2020-01-01'}",
      'select {fn f()}',
      'select $$a$$',
      'select $f()',
      'select 1a',
      'select 1e5a',
      'select 1..2',
      'select : a',
      'select ::a',
      'select (1',
      'select 1)',
      'select )1(',
      'select 1 \x7f',
    ],
    'code that some sql_mode hides in quotes': [
      // A backslash escapes the quote, or does not.
      "select 'a\\', (select f()), '",
      "select 'a\\' for update -- '",
      "select 'a\\'' for update #'",
      `select 'a\\', f(), '\\'`,
      // "..." is a string with escapes, or a name without.
      `select "a\\" for update -- "`,
      `select "a\\", f(), "\\"`,
      `select "\\", '", f(), "'`,
      // Code only where '...' has escapes and "..." is a name.
      `select '\\'' as "\\" , f() as " -- '-- "`,
    ],
  };
  for (const [kind, statements] of Object.entries(kinds)) {
    test.each(statements)(`${kind}: %j`, (statement) => {
      expect(safe(statement)).toBe(false);
      if (kind !== 'a locking read' && !/for update/.test(statement)) {
        expect(isSafeRead(statement, { mayLock: true }), 'where it may lock').toBe(false);
      }
    });
  }
  test.each(kinds['a locking read'] ?? [])('but safe where it may lock: %j', (statement) => {
    expect(isSafeRead(statement, { mayLock: true })).toBe(!/for nothing$|[\dx.]for/.test(statement));
  });
});

test.each([
  'select f() from t for update',
  'select * from t for update into @a',
  "select * from t into outfile '/tmp/x' for update",
  'select @a := 1 from t for update',
  'select get_lock("a", 1) from t for share',
  'select * from t for update; delete from t',
  'select * from t for update of f()',
  'select * from t for update for connection',
  'select * from t for',
  'select * from t lock',
  'select * from t lock in share',
  'select lock, in share mode from t',
  'select * from t for no key update',
  'select next value for share',
  'select next value for `update`',
  'select previous value for share',
  'select value for update',
  'with c as (select 1) update t set a = 1',
  'with c as (select 1 for update) update t set a = 1',
  'with c as (select 1 for update) delete from t',
  'update t set a = 1',
  'lock in share mode',
  'lock tables t write',
  'for update',
  'insert into t select * from t for update',
])('not safe where it may lock: %j', (statement) => {
  expect(isSafeRead(statement, { mayLock: true })).toBe(false);
});

it('reads hexadecimal and binary numbers in the one spelling that the server takes for numbers', () => {
  expect(isSafeRead('select 0x4f, 0b01')).toBe(true);
  expect(isSafeRead('select 0X4f')).toBe(false);
  expect(isSafeRead('select 0x4g')).toBe(false);
});

it('does not read statements of more than a mebibyte', () => {
  expect(isSafeRead(`select 1${' '.repeat(1_048_576 - 8)}`)).toBe(true);
  expect(isSafeRead(`select 1${' '.repeat(1_048_576 - 7)}`)).toBe(false);
});

it('reads a list of any length that fits, and no statement of more than fifty thousand other parts', () => {
  expect(isSafeRead(`select * from t where id in (${'1,'.repeat(500_000)}2)`)).toBe(true);
  expect(isSafeRead(`select * from t where id in (${'1,'.repeat(500_000)}nap(2))`)).toBe(false);
  expect(isSafeRead(`select ${'a,'.repeat(24_998)}b`)).toBe(true);
  expect(isSafeRead(`select ${'a,'.repeat(25_000)}b`)).toBe(false);
});

it('says of a longer list what it says of a short one', () => {
  const pieces = [
    '1',
    '-2',
    '?',
    "'x'",
    '(1, 2)',
    ',',
    ',',
    ',',
    '(',
    ')',
    'a',
    'f',
    ' (',
    '`b`',
    '.',
    'as',
    'in',
    '"c"',
    'into',
  ];
  const values = fc.array(fc.constantFrom('1', '-2.5', '?', "'x'", "'(;'", '(?, 2)', "( 'into' )"), {
    minLength: 1,
    maxLength: 4,
  });
  const statement = fc.array(fc.constantFrom(...pieces), { maxLength: 10 });
  fc.assert(
    fc.property(statement, statement, values, (before, behind, more) => {
      const around = (list: readonly string[]) => `select ${before.join(' ')} ${list.join(', ')} ${behind.join(' ')}`;
      expect(isSafeRead(around(['1', ...more, '2']))).toBe(isSafeRead(around(['1', '2'])));
    }),
    { numRuns: 20_000 },
  );
});

/** Letters' case and blank space around a statement never matter. */
function safe(statement: string): boolean {
  const answer = isSafeRead(statement);
  expect(isSafeRead(` ${statement}\n`)).toBe(answer);
  if (!/[^\0-\x7f]/.test(statement)) expect(isSafeRead(statement.toUpperCase())).toBe(answer);
  return answer;
}
