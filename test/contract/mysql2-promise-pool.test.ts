import { createPromiseBinding } from './bindings/mysql2.ts';
import { describeBinding } from './describe-binding.ts';

describeBinding('a promise pool of mysql2', createPromiseBinding);
