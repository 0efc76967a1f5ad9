import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ParameterHint } from '../../../adapters/mysql2/prepared/parameter-bytes.ts';

const require = createRequire(import.meta.url);
const mysql2 = dirname(require.resolve('mysql2/package.json'));

type Execute = new (
  id: number,
  parameters: readonly unknown[],
  charsetNumber: number,
  timezone: string,
  attributes: undefined,
  clientFlags: number,
  isMariaDb: boolean,
  hints: readonly ParameterHint[],
) => { toPacket(): { readonly buffer: Buffer } };
const Execute = require(join(mysql2, 'lib/packets/execute.js')) as Execute;

const clientQueryAttributes = 0x8_00_00_00;
const utf8mb4 = 224;

/** From the command on: what is before it is written later, and until then whatever was in memory. */
export function bodyOf(packet: Buffer | undefined): string | undefined {
  return packet?.subarray(4).toString('hex');
}

/** The packet that mysql2 makes itself of a statement's parameters. */
export function executeOfMysql2(
  id: number,
  parameters: readonly unknown[],
  hints: readonly ParameterHint[],
  attributes: boolean,
): Buffer {
  const flags = attributes ? clientQueryAttributes : 0;
  return new Execute(id, parameters, utf8mb4, 'Z', undefined, flags, false, hints).toPacket().buffer;
}
