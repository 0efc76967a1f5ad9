/** By what Prisma knows an adapter, and by what the extension knows that it is on ours. */
export interface AdapterInfo {
  readonly provider: 'mysql';
  readonly adapterName: string;
}

export const adapterInfo: AdapterInfo = { provider: 'mysql', adapterName: 'gone-away/prisma' };
