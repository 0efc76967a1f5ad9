import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2';

type Method = (this: unknown, ...values: unknown[]) => unknown;

interface Command {
  execute: Method;
}

/**
 * A pool of mysql2 that works as ever, and does not let anybody see one thing of itself: as a version of mysql2 would in which that has another name.
 *
 * @param name `pool._closed`, say, `connection.config.compress` or `Query.row`
 */
export function createPoolWithout(name: string, options: PoolOptions): Pool {
  const pool = createPool(options);
  const [owner = '', ...path] = name.split('.');
  const isOfCommand = owner !== 'pool' && owner !== 'connection';
  const { getConnection } = pool;
  const seen = new WeakMap<PoolConnection, PoolConnection>();
  pool.getConnection = (callback) =>
    getConnection.call(pool, (error, connection) => {
      if (connection === undefined || connection === null) return callback(error, connection);
      let without = seen.get(connection);
      if (without === undefined) {
        if (isOfCommand) hideInCommands(connection, owner, path[0] ?? '');
        without = hide(connection, owner === 'connection' ? path : []);
        seen.set(connection, without);
      }
      return callback(error, without);
    });
  return hide(pool, owner === 'pool' ? path : []);
}

/** All but what is at the end of a path. What is called on it works on the whole. */
function hide<T extends object>(whole: T, [name, ...rest]: readonly string[]): T {
  const without: T = new Proxy(whole, {
    get: (target, key) => {
      if (key === name && rest.length === 0) return undefined;
      const value: unknown = Reflect.get(target, key);
      if (key === name) return typeof value === 'object' && value !== null ? hide(value, rest) : value;
      if (typeof value !== 'function' || key === 'constructor') return value;
      return function (this: unknown, ...values: unknown[]): unknown {
        const returned: unknown = (value as Method).apply(this === without ? target : this, values);
        return returned === target ? without : returned;
      };
    },
    getPrototypeOf: (target) => {
      const methods = Object.getPrototypeOf(target) as object;
      return name === '_closing'
        ? new Proxy(methods, { set: (_, key, value, made) => key === name || Reflect.set(methods, key, value, made) })
        : methods;
    },
    has: (target, key) => (key !== name || rest.length > 0) && Reflect.has(target, key),
  });
  return without;
}

/** By which method of a connection each kind of command is made. */
const makers: Readonly<Record<string, string>> = {
  Prepare: 'prepare',
  Ping: 'ping',
  ResetConnection: 'reset',
  ChangeUser: 'changeUser',
};

/** Commands have it only while mysql2 itself is at work on them. */
function hideInCommands(connection: PoolConnection, className: string, name: string): void {
  const internals = connection as unknown as Record<string, Method>;
  const replace = (method: string, by: (original: Method) => Method) => {
    internals[method] = by(internals[method] as Method);
  };
  const hidden = new WeakSet<object>();
  const hideIn = (command: unknown): unknown => {
    const made = command as Command;
    if (made.constructor.name === className && !hidden.has(made)) {
      hidden.add(made);
      hideOutsideOf(made, name);
    }
    return command;
  };
  replace('addCommand', (addCommand) => (command) => addCommand.call(connection, hideIn(command)));
  const maker = makers[className];
  if (maker !== undefined) {
    replace(maker, (make) => {
      return function (this: unknown, ...values) {
        const whole = this as { addCommand: Method };
        const addCommand = (command: unknown) => whole.addCommand(hideIn(command));
        return make.apply(Object.create(whole, { addCommand: { value: addCommand } }), values);
      };
    });
    return;
  }
  const Class = connection.constructor as unknown as { createQuery: Method } & object;
  const createQuery = (...values: unknown[]) =>
    Object.assign(Class.createQuery(...values) as object, { [name]: undefined });
  Object.defineProperty(connection, 'constructor', {
    value: Object.create(Class, { createQuery: { value: createQuery } }),
  });
}

function hideOutsideOf(command: Command, name: string): void {
  const { execute } = command;
  let value: unknown = Reflect.get(command, name);
  Reflect.set(command, name, undefined);
  command.execute = (...values) => {
    Reflect.set(command, name, value);
    try {
      return execute.apply(command, values);
    } finally {
      value = Reflect.get(command, name);
      Reflect.set(command, name, undefined);
    }
  };
}
