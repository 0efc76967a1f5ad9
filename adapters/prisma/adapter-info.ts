import type { AdapterInfo } from './driver-adapter.ts';

export const adapterInfo: AdapterInfo = { provider: 'mysql', adapterName: 'gone-away/prisma' };
