/** `MYSQL_URL`, where it names a server. */
export function externalUrl(): string | undefined {
  return process.env.MYSQL_URL || undefined;
}
