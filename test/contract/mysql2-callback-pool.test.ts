import { createCallbackBinding } from './bindings/mysql2.ts';
import { describeBinding } from './describe-binding.ts';

describeBinding('a callback pool of mysql2', createCallbackBinding);
