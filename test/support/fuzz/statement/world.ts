import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';

/** Tables, functions and sequences for hazards to act upon; the database has to be ours alone. Every routine writes to `effects`. */
export async function createWorld(options: ConnectionOptions): Promise<void> {
  const connection = await createConnection(options);
  try {
    await connection.query('DROP TABLE IF EXISTS effects, t, d, v');
    await connection.query('CREATE TABLE effects (n INT)');
    await connection.query('CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(20))');
    await connection.query("INSERT INTO t VALUES (1, 1, 'x'), (2, NULL, 'y'), (3, 2, NULL)");
    await connection.query('CREATE TABLE v (id INT PRIMARY KEY, a INT, b VARCHAR(20))');
    await connection.query("INSERT INTO v VALUES (1, 1, 'x')");
    for (const sequence of ['s', 'ordinality']) {
      await onlyMariaDb(connection, `DROP SEQUENCE IF EXISTS \`${sequence}\``);
      await onlyMariaDb(connection, `CREATE SEQUENCE \`${sequence}\` NOCACHE`);
    }
    await onlyMariaDb(connection, 'ALTER TABLE v ADD SYSTEM VERSIONING');
    await connection.query('CREATE TABLE d (a INT, b INT DEFAULT 1)');
    await onlyMariaDb(connection, 'ALTER TABLE d ALTER COLUMN b SET DEFAULT NEXTVAL(s)');
    await connection.query('INSERT INTO d (a, b) VALUES (1, 1)');
    await createRoutines(connection);
    await connection.query('DROP ROLE IF EXISTS fuzz_role').catch(() => {});
    await connection.query('CREATE ROLE fuzz_role');
  } finally {
    await connection.end();
  }
}

async function createRoutines(connection: Connection): Promise<void> {
  const plain = ['f', 'now'];
  // Names that mean something to the parser of one server or another.
  const unary = [
    'g',
    'of',
    'lateral',
    'columns',
    'against',
    'escape',
    'json_table',
    'linestring',
    'md5',
    'uuid_to_bin',
    'regexp_like',
    'any_value',
    'bin_to_uuid',
    'nvl',
    'count',
    'substring',
  ];
  const parameters = [...plain.map((name) => [name, '']), ...unary.map((name) => [name, 'x INT'])];
  for (const [name, list] of parameters) {
    await connection.query(`DROP FUNCTION IF EXISTS \`${name}\``);
    await connection.query(
      `CREATE FUNCTION \`${name}\`(${list}) RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO effects VALUES (1); RETURN 1; END`,
    );
  }
  await connection.query('DROP PROCEDURE IF EXISTS p');
  await connection.query('CREATE PROCEDURE p() INSERT INTO effects VALUES (1)');
}

/** MySQL has neither sequences nor system versioning. */
async function onlyMariaDb(connection: Connection, sql: string): Promise<void> {
  await connection.query(sql).catch(() => {});
}
