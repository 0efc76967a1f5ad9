import { expect, it } from 'vitest';
import {
  KeptStatements,
  longestPreparedStatement,
  preparedStatements,
  sentOnce,
} from '../../../../../adapters/mysql2/prepared/kept-statements.ts';

const texts = (count: number, name: string) => Array.from({ length: count }, (_, n) => `SELECT ${n} AS ${name}`);
const sender = () => {
  const kept = new KeptStatements();
  return { kept, use: (sql: string) => kept.use({ sql, rowsAsArray: true }).map((closed) => closed.sql) };
};

it('as many stay as were sent, up to the limit; then the oldest goes', () => {
  const { use } = sender();
  const sent = texts(preparedStatements, 'a');
  for (const sql of sent) expect(use(sql)).toEqual([]);
  expect(use('SELECT 1')).toEqual([sent[0]]);
});

it('what came again is not driven out by what comes once', () => {
  const { use } = sender();
  const usual = texts(preparedStatements - sentOnce, 'usual');
  for (const sql of [...usual, ...usual]) use(sql);
  const closed = texts(1_000, 'once').flatMap(use);
  expect(closed).toHaveLength(1_000 - sentOnce);
  expect(closed.filter((sql) => usual.includes(sql))).toEqual([]);
});

it('new texts that come again take the place of those that no longer do', () => {
  const { use } = sender();
  const [old, fresh] = [texts(preparedStatements, 'old'), texts(preparedStatements, 'fresh')];
  for (const sql of [...old, ...old]) use(sql);
  for (const sql of fresh) for (const each of [sql, sql]) use(each);
  expect(fresh.flatMap(use)).toEqual([]);
});

it('a text with parameters of other types is another statement', () => {
  const kept = new KeptStatements();
  for (let n = 0; n < preparedStatements; n += 1) kept.use({ sql: 'SELECT ?', rowsAsArray: `types ${n}` });
  expect(kept.use({ sql: 'SELECT ?', rowsAsArray: 'more' })).toEqual([{ sql: 'SELECT ?', rowsAsArray: 'types 0' }]);
});

it('a long one stays until the next', () => {
  const { use, kept } = sender();
  const long = `SELECT '${'x'.repeat(longestPreparedStatement)}'`;
  expect([use(long), use(long), use('SELECT 1')]).toEqual([[], [], [long]]);
  use(long);
  expect(kept.clear().map(({ sql }) => sql)).toEqual(['SELECT 1', long]);
  expect(kept.clear()).toEqual([]);
});
