import { setTimeout as delay } from 'node:timers/promises';

/** Sends a statement to the server as somebody who may see everybody's threads. */
export type Ask = (sql: string, params: readonly unknown[]) => Promise<unknown>;

/**
 * In milliseconds. InnoDB answers a question about its transactions with what it told last, unless it was not asked for 100 ms: whoever
 * asks more often than that is told the same for ever.
 */
const betweenQuestions = 150;

/**
 * The transactions that are open of a user, each in words; asked until there are none.
 *
 * @param within for how many milliseconds they may still be about to end
 */
export async function openTransactions(ask: Ask, user: string, within: number): Promise<readonly string[]> {
  for (const until = performance.now() + within; ; ) {
    const found = (await ask(
      `SELECT thread.id, thread.command, thread.state, thread.time, thread.info, trx.trx_state, trx.trx_started, trx.trx_query,
         trx.trx_operation_state, trx.trx_rows_modified
       FROM information_schema.innodb_trx AS trx JOIN information_schema.processlist AS thread ON thread.id = trx.trx_mysql_thread_id
       WHERE thread.user = ? AND thread.id <> CONNECTION_ID()`,
      [user],
    )) as readonly object[];
    if (found.length === 0 || performance.now() > until) return found.map((transaction) => JSON.stringify(transaction));
    await delay(betweenQuestions);
  }
}
