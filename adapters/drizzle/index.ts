export type * from '../../src/index.ts';
export { type Resilient, withResilience } from './with-resilience.ts';
