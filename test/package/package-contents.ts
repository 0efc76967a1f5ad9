import type { PackedPackage } from './packed-package.ts';

/** What was packed when these were last set, and 15 % more: growing beyond them is a decision. */
export const packageLimits = { files: 598, packedBytes: 693_000, unpackedBytes: 2_960_000 } as const;

/** Where what is packed may lie, and of what kind it is. Tests, tools and whatever lies about in the repository match none. */
const expectedPaths: readonly RegExp[] = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^dist\/(src|adapters)\/[a-z0-9/-]+\.d\.ts$/,
  /^dist\/(src|adapters)\/([a-z0-9-]+\/)*index\.js(\.map)?$/,
  /^dist\/shared\/chunk-[A-Z0-9]+\.js(\.map)?$/,
  /^(src|adapters)\/[a-z0-9/-]+\.ts$/,
  /^adapters\/[a-z0-9-]+\/README\.md$/,
  /^docs\/[a-z0-9-]+\.(md|svg)$/,
];

/** The forms of keys and tokens that have one. Sources: the documentation of npm, GitHub and AWS; RFC 7468. */
const secrets =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|_authToken|\bnpm_\w{36}\b|\b(gh[pousr]_|github_pat_)\w{22,}|\bAKIA[A-Z0-9]{16}\b/;

type Size = Pick<PackedPackage, 'paths' | 'packedBytes' | 'unpackedBytes'>;

/** What is too large, as sentences. */
export function exceededLimits({ paths, packedBytes, unpackedBytes }: Size): readonly string[] {
  const sizes = { files: paths.length, packedBytes, unpackedBytes };
  return (Object.keys(packageLimits) as (keyof typeof packageLimits)[])
    .filter((name) => sizes[name] > packageLimits[name])
    .map((name) => `${name}: at most ${packageLimits[name]} are expected, ${sizes[name]} were packed`);
}

/** What has no place in the package, as sentences. */
export function unexpectedPaths(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => !expectedPaths.some((expected) => expected.test(path)))
    .map((path) => `${path} has no place in the package`);
}

export function secretsIn(path: string, text: string): readonly string[] {
  return secrets.test(text) ? [`${path} has something in it that looks like a key or a token`] : [];
}
