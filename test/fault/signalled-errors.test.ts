import { beforeEach, describe, expect, test } from 'vitest';
import { classify, isGoneAwayError, type RetryEvent } from '../../src/index.ts';
import type { Binding } from '../contract/binding.ts';
import { bindingsOnMysql2 } from '../contract/bindings/every-binding.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

describe.each(bindingsOnMysql2)(
  'an error that a trigger or a procedure makes up, with the number of another one: $name',
  unhurried,
  ({ create }) => {
    const stage = useStage('signalled');
    const numbers = [1213, 1205, 1053, 1290, 1047, 1927, 1040, 2013] as const;
    const signal = (number: number) => `SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = ${number}, MESSAGE_TEXT = 'mine'`;

    beforeEach(async () => {
      const conditions = numbers.map((number) => `IF NEW.id = ${number} THEN ${signal(number)}; END IF;`).join(' ');
      await stage.server.admin(
        `CREATE TRIGGER stage_signal BEFORE INSERT ON stage_rows FOR EACH ROW BEGIN ${conditions} END`,
      );
    });

    function open() {
      const retried: RetryEvent[] = [];
      const policy = { onRetry: (event: RetryEvent) => retried.push(event) };
      const binding = create({ connection: stage.direct(), connectionLimit: 1, policy });
      return { binding: stage.closing(binding), retried };
    }

    const ways: readonly [string, (binding: Binding, number: number) => Promise<unknown>][] = [
      ['a trigger', (binding, number) => binding.insert(number)],
      ['a procedure', (binding) => binding.send('CALL stage_signal()')],
    ];

    describe.each(ways)('in %s', (_name, send) => {
      test.each(numbers)('is the error itself, once: %d', async (number) => {
        await stage.makeProcedure('stage_signal', signal(number));
        const { binding, retried } = open();
        const error = await failureOf(send(binding, number));
        expect(isGoneAwayError(error)).toBe(false);
        expect(classify(error)).toMatchObject({ errno: number, outcome: 'failed' });
        expect(retried).toEqual([]);
        expect(await stage.rows()).toEqual([]);
      });
    });

    test.each(numbers)('leaves a transaction as it is: %d', async (number) => {
      const { binding } = open();
      await binding.transaction(async (tx) => {
        await tx.insert(1);
        await tx.insert(number).catch(() => {});
        await tx.insert(3);
      });
      expect(await stage.rows()).toEqual([1, 3]);
    });
  },
);
