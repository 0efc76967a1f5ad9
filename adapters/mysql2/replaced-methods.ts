import type { StatementResult } from './pool/lease.ts';

type Method = (this: object, ...values: unknown[]) => unknown;

/** What somebody has put in the place of the methods of a wrapper: a spy, for instance. */
export class ReplacedMethods {
  readonly #wrapper: object;
  readonly #target: Readonly<Record<PropertyKey, unknown>>;
  readonly #own: Readonly<Record<PropertyKey, unknown>>;
  readonly #isCallbackPool: boolean;

  /**
   * @param target what the wrapper stands for, where all that is set on it ends up: read at each statement, a Proxy would cost more than that
   * @param own the methods that it was made with
   */
  constructor(wrapper: object, target: object, own: Readonly<Record<PropertyKey, unknown>>, isCallbackPool: boolean) {
    this.#wrapper = wrapper;
    this.#target = target as Readonly<Record<PropertyKey, unknown>>;
    this.#own = own;
    this.#isCallbackPool = isCallbackPool;
  }

  /** Sends a statement through what has been put in the place of a method; undefined, where nothing was. */
  send(name: 'query' | 'execute', sql: unknown, values: unknown): Promise<StatementResult> | undefined {
    const method = this.#target[name];
    if (method === this.#own[name] || typeof method !== 'function' || !Object.hasOwn(this.#target, name))
      return undefined;
    return this.#isCallbackPool
      ? callBack(this.#wrapper, method as Method, sql, values)
      : ((method as Method).call(this.#wrapper, sql, values) as Promise<StatementResult>);
  }
}

/** As mysql2's promise pool calls its callback pool. */
function callBack(wrapper: object, method: Method, sql: unknown, values: unknown): Promise<StatementResult> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, rows: unknown, fields: unknown): void => {
      if (error) reject(error);
      else resolve([rows, fields]);
    };
    method.call(wrapper, ...(values === undefined ? [sql, done] : [sql, values, done]));
  });
}

const replaced = new WeakMap<object, ReplacedMethods>();

export function registerMethods(wrapper: object, methods: ReplacedMethods): void {
  replaced.set(wrapper, methods);
}

/** Of a wrapper that `wrapPool()` has made. */
export function replacedMethodsOf(wrapper: object): ReplacedMethods | undefined {
  return replaced.get(wrapper);
}
