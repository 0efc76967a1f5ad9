import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outcomeOf } from '../support/prisma/outcome.ts';
import { createTwoAdapters, type TwoAdapters } from '../support/prisma/two-adapters.ts';
import { typeOperations } from '../support/prisma/type-operations.ts';
import { notOurs, type Server, startServer } from '../support/server/server.ts';

const temporal = typeOperations.filter(({ name }) => /\b(date|time|timestamp|year)/i.test(name));

let server: Server;
const { TZ } = process.env;

beforeAll(async () => {
  server = await startServer({ name: 'time-zones', flags: ['--default-time-zone=+09:00'] });
});
afterAll(async () => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
  await server?.destroy();
});

describe.each([
  ['America/St_Johns', '-03:00'],
  ['Pacific/Kiritimati', 'local'],
])('in %s, with a pool in %s and a server in +09:00', (zone, timezone) => {
  let adapters: TwoAdapters;

  beforeAll(async () => {
    process.env.TZ = zone;
    adapters = await createTwoAdapters(server, { timezone: timezone as 'local' });
  });
  afterAll(() => adapters?.close());
  beforeEach(async ({ skip }) => {
    skip(...notOurs(server, 'it was not started in +09:00'));
    await adapters.reset();
  });

  it.each(temporal.map((operation) => [operation.name, operation] as const))('%s', async (_, operation) => {
    const theirs = await outcomeOf(() => operation.run(adapters.theirs, adapters.sql));
    await adapters.reset();
    const ours = await outcomeOf(() => operation.run(adapters.ours, adapters.sql));
    expect(ours).toEqual(theirs);
    expect(ours).toHaveProperty('value');
  });
});
