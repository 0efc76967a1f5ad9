import type { AdapterInfo } from '../adapter/prisma-interface.ts';

export const adapterInfo: AdapterInfo = { provider: 'mysql', adapterName: 'gone-away/prisma' };
