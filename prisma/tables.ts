/**
 * The tables of schema.prisma, as `prisma migrate` would make them, on MariaDB 10.5 and MySQL 8.0 and later. In the order of their
 * references; those of the demo are below.
 */
export const tables: readonly string[] = [
  `CREATE TABLE all_types (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    \`tinyInt\` TINYINT, \`unsignedTinyInt\` TINYINT UNSIGNED,
    \`smallInt\` SMALLINT, unsignedSmallInt SMALLINT UNSIGNED,
    \`mediumInt\` MEDIUMINT, unsignedMediumInt MEDIUMINT UNSIGNED,
    \`int\` INT, unsignedInt INT UNSIGNED, \`year\` YEAR,
    \`bigInt\` BIGINT, unsignedBigInt BIGINT UNSIGNED,
    \`boolean\` BOOLEAN, bit1 BIT(1), bit64 BIT(64),
    \`float\` FLOAT, \`double\` DOUBLE, \`decimal\` DECIMAL(65, 30), money DECIMAL(12, 2),
    \`char\` CHAR(10), \`varChar\` VARCHAR(191),
    \`binaryCollation\` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    \`latin1\` VARCHAR(50) CHARACTER SET latin1,
    \`tinyText\` TINYTEXT, \`text\` TEXT, \`mediumText\` MEDIUMTEXT, \`longText\` LONGTEXT,
    \`binary\` BINARY(8), \`varBinary\` VARBINARY(255),
    \`tinyBlob\` TINYBLOB, \`blob\` BLOB, \`mediumBlob\` MEDIUMBLOB, \`longBlob\` LONGBLOB,
    \`json\` JSON,
    \`date\` DATE, \`time\` TIME, time6 TIME(6),
    \`dateTime\` DATETIME, dateTime3 DATETIME(3), dateTime6 DATETIME(6),
    \`timestamp\` TIMESTAMP NULL, timestamp6 TIMESTAMP(6) NULL,
    \`colour\` ENUM('RED', 'GREEN', 'deep blue'),
    \`uuid\` CHAR(36)
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE user (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(191) NOT NULL,
    name VARCHAR(20),
    balance INT UNSIGNED NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at DATETIME(3) NOT NULL,
    UNIQUE INDEX user_email_key (email)
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE profile (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    bio TEXT,
    user_id INT NOT NULL,
    UNIQUE INDEX profile_user_id_key (user_id),
    CONSTRAINT profile_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE ON UPDATE CASCADE
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE post (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(100) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    content LONGTEXT,
    published BOOLEAN NOT NULL DEFAULT FALSE,
    author_id INT NOT NULL,
    UNIQUE INDEX post_author_slug_key (author_id, slug),
    INDEX post_author_id_idx (author_id),
    FULLTEXT INDEX post_title_fulltext (title),
    CONSTRAINT post_author_id_fkey FOREIGN KEY (author_id) REFERENCES user (id) ON DELETE RESTRICT ON UPDATE CASCADE
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE comment (
    post_id BIGINT UNSIGNED NOT NULL,
    number INT NOT NULL,
    text VARCHAR(500) NOT NULL,
    user_id INT,
    PRIMARY KEY (post_id, number),
    CONSTRAINT comment_post_id_fkey FOREIGN KEY (post_id) REFERENCES post (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT comment_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE SET NULL ON UPDATE CASCADE
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE tag (
    id CHAR(36) NOT NULL PRIMARY KEY,
    label VARCHAR(50) NOT NULL,
    UNIQUE INDEX tag_label_key (label)
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE _PostToTag (
    A BIGINT UNSIGNED NOT NULL,
    B CHAR(36) NOT NULL,
    UNIQUE INDEX _PostToTag_AB_unique (A, B),
    INDEX _PostToTag_B_index (B),
    CONSTRAINT _PostToTag_A_fkey FOREIGN KEY (A) REFERENCES post (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT _PostToTag_B_fkey FOREIGN KEY (B) REFERENCES tag (id) ON DELETE CASCADE ON UPDATE CASCADE
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE team (
    id VARCHAR(30) NOT NULL PRIMARY KEY,
    parent_id VARCHAR(30),
    CONSTRAINT team_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES team (id) ON DELETE NO ACTION ON UPDATE NO ACTION
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE membership (
    user_id INT NOT NULL,
    team_id VARCHAR(30) NOT NULL,
    role VARCHAR(20) NOT NULL DEFAULT 'member',
    PRIMARY KEY (user_id, team_id),
    CONSTRAINT membership_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT membership_team_id_fkey FOREIGN KEY (team_id) REFERENCES team (id) ON DELETE RESTRICT ON UPDATE CASCADE
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  // What `ledgerSql()` says, but for the words that make it harmless to run twice.
  `CREATE TABLE gone_away_ledger (
    token VARBINARY(32) NOT NULL,
    state VARCHAR(10) NOT NULL,
    created_at DATETIME NOT NULL,
    result MEDIUMTEXT,
    PRIMARY KEY (token),
    KEY gone_away_ledger_created_at_idx (created_at)
  ) ENGINE = InnoDB`,
];

/** The tables of the demo's models. */
export const demoTables: readonly string[] = [
  'CREATE TABLE items (id INT NOT NULL PRIMARY KEY, value INT NOT NULL) ENGINE = InnoDB',
  'CREATE TABLE accounts (id INT NOT NULL PRIMARY KEY, balance INT NOT NULL) ENGINE = InnoDB',
  `CREATE TABLE operations (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    op_id INT NOT NULL,
    from_account INT, to_account INT, amount INT,
    INDEX operations_op_id_idx (op_id)
  ) ENGINE = InnoDB`,
];

/** The names of the tables, in an order in which they can be emptied or dropped. */
export const tableNames: readonly string[] = tables.map((sql) => /^CREATE TABLE (\w+)/.exec(sql)?.[1] ?? '').reverse();

/**
 * Makes the tables anew in the current database.
 *
 * @param run sends one statement
 */
export async function createTables(run: (sql: string) => Promise<unknown>): Promise<void> {
  for (const name of tableNames) await run(`DROP TABLE IF EXISTS ${name}`);
  for (const sql of tables) await run(sql);
}

/**
 * Empties the tables, and lets their ids begin at 1 again.
 *
 * @param run sends one statement, always on the same connection
 */
export async function emptyTables(run: (sql: string) => Promise<unknown>): Promise<void> {
  await run('SET FOREIGN_KEY_CHECKS = 0'); // a row of `team` may refer to another
  for (const name of tableNames) await run(`DELETE FROM ${name}`);
  for (const sql of tables) {
    const name = /^CREATE TABLE (\w+)[\s\S]*AUTO_INCREMENT/.exec(sql)?.[1];
    if (name !== undefined) await run(`ALTER TABLE ${name} AUTO_INCREMENT = 1`);
  }
  await run('SET FOREIGN_KEY_CHECKS = 1');
}
