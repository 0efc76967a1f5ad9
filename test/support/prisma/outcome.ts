import { inspect } from 'node:util';

/** What came of an operation, in a form in which two of them can be compared: values with their types, errors by what users look at. */
export async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: plain(await work()) };
  } catch (error) {
    return { error: plainError(error) };
  }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return `Date(${Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()})`;
  if (value instanceof Uint8Array) return `${value.constructor.name}(${Buffer.from(value).toString('hex')})`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('toFixed' in value && typeof value.toFixed === 'function') return `Decimal(${value.toFixed()})`;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

interface PrismaError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly cause?: { kind?: string };
  readonly meta?: { readonly driverAdapterError?: { readonly cause: Record<string, unknown> } } & Record<
    string,
    unknown
  >;
}

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: inspect(error) };
  const { name, code, meta, message, cause } = error as unknown as PrismaError;
  const { driverAdapterError, ...rest } = meta ?? {};
  return {
    name,
    code,
    meta: rest,
    cause: driverAdapterError?.cause ?? cause?.kind,
    // What stands before it is where in the source the call was made.
    message: message.split('\n').at(-1),
  };
}
