import { createDrizzleBinding } from './bindings/drizzle.ts';
import { describeBinding } from './describe-binding.ts';

describeBinding('Drizzle', createDrizzleBinding);
