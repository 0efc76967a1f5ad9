import { describe, expect, it } from 'vitest';
import { bundledLimits, exceededBundles } from '../package/bundled-size.ts';
import { deadLinks } from '../package/dead-links.ts';
import { exceededLimits, packageLimits, secretsIn, unexpectedPaths } from '../package/package-contents.ts';
import { misplacedSources } from '../package/source-maps.ts';

describe('the check of the package sees', () => {
  const paths = ['README.md', 'docs/page.md', 'docs/chart.svg'];
  const linksIn = (readme: string) =>
    deadLinks(
      new Map([
        ['README.md', readme],
        ['docs/page.md', '# A page\n\n## What `it` costs, and why\n'],
      ]),
      paths,
    );

  it.each([
    '[gone](docs/gone.md)',
    '![gone](docs/gone.svg)',
    '[gone]: docs/gone.md',
    '<img src="gone.png">',
    '[no such heading](docs/page.md#gone)',
    '[no such heading](#gone)',
    '[out of the package](../docs/page.md)',
    '[a folder](docs)',
  ])('a link that leads to nothing: %s', (link) => {
    expect(linksIn(`# Title\n\n${link}\n`)).toEqual([expect.stringContaining('which is not in the package')]);
  });

  it.each([
    '[there](docs/page.md#what-it-costs-and-why) ![there](docs/chart.svg) [here](#title)',
    '[elsewhere](https://example.com/gone.md)',
    '`[code](gone.md)`',
    '```ts\nrows[0](gone)\n```',
  ])('nothing wrong with %s', (text) => {
    expect(linksIn(`# Title\n\n${text}\n`)).toEqual([]);
  });

  it.each([
    'test/unit/imports.test.ts',
    '.env',
    'dist/test/main.js',
    'dist/src/errors.js',
    'docs/notes.txt',
    'src/.env',
    'dist/.tsbuildinfo',
  ])('a file that has no place in it: %s', (path) => {
    expect(unexpectedPaths(['README.md', path])).toEqual([`${path} has no place in the package`]);
  });

  it('that it has grown beyond its limits', () => {
    const { files, packedBytes, unpackedBytes } = packageLimits;
    const most = { paths: Array.from({ length: files }, String), packedBytes, unpackedBytes };
    expect(exceededLimits(most)).toEqual([]);
    const more = { paths: [...most.paths, ''], packedBytes: packedBytes + 1, unpackedBytes: unpackedBytes + 1 };
    expect(exceededLimits(more)).toHaveLength(3);
  });

  it('that an entry weighs more than it may, or has no limit', () => {
    const most = new Map(Object.entries(bundledLimits).map(([name, size]) => [name, { size }]));
    expect(exceededBundles(most)).toEqual([]);
    expect(exceededBundles(new Map([...most].map(([name, { size }]) => [name, { size: size + 1 }])))).toHaveLength(
      most.size,
    );
    expect(exceededBundles(new Map([['./another', { size: 1 }]]))).toHaveLength(1);
  });

  it.each([
    ['-----BEGIN RSA', 'PRIVATE KEY-----'].join(' '),
    `npm_${'a1'.repeat(18)}`,
    `ghp_${'a1'.repeat(18)}`,
    '//registry.npmjs.org/:_authToken=x',
  ])('a key or a token: %s', (text) => {
    expect(secretsIn('src/a.ts', `const a = '${text}';`)).toHaveLength(1);
  });

  it('a source that is packed twice, or not at all', () => {
    const findings = (map: object) =>
      misplacedSources('dist/src/a.js.map', JSON.stringify({ sources: ['../../src/a.ts'], ...map }), ['src/a.ts']);
    expect(findings({})).toEqual([]);
    expect(findings({ sourcesContent: ['const a = 1;'] })).toHaveLength(1);
    expect(findings({ sources: ['../src/a.ts'] })).toHaveLength(1);
  });
});
