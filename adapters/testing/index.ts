/** Faults for the tests of users of this package, and of everybody else who talks to MySQL or MariaDB. */
export { createFaultProxy, type FaultProxyOptions } from './create-fault-proxy.ts';
export type { CutOptions } from './cut-fault.ts';
export type { FaultProxy } from './fault-proxy.ts';
export type { LostAnswer } from './protocol/conversation.ts';
export type { ServerAddress } from './target.ts';
