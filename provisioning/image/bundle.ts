import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { z } from 'zod';
import { FatalError } from '../../protocols/errors.ts';

/** A package of npm whose code is inside the bundle. */
export interface BundledPackage {
  readonly name: string;
  /** Its folder, from the repository root. */
  readonly folder: string;
}

/** The other scripts that the agent starts: where they stand, how the agent names them, and what they are called in the bundle. */
const children = [
  { source: 'agent/probe/second-opinion/main.ts', reference: './main.ts', bundled: 'second-opinion' },
  { source: 'agent/deployments/trust/child/main.ts', reference: './child/main.ts', bundled: 'release-walk' },
] as const;

/**
 * Bundles the agent into `outDir`: `agent.mjs`, the script that it starts as another process, and the parts that are loaded
 * when they are needed. Names of functions stay, so that a stack in a log can be read. Returns the packages that are inside.
 * Throws FatalError `unbundled-script` when the agent starts a script that is not known here.
 */
export async function bundleAgent(root: string, outDir: string): Promise<readonly BundledPackage[]> {
  const shared = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  } as const;
  const agent = await build({
    ...shared,
    entryPoints: {
      agent: 'agent/main.ts',
      ...Object.fromEntries(children.map(({ bundled, source }) => [bundled, source])),
    },
    outdir: outDir,
    format: 'esm',
    splitting: true,
    outExtension: { '.js': '.mjs' },
    // Packages in CommonJS ask for Node's own modules by `require`. No source uses the name that it is made by.
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
    },
    plugins: [adaptSources(root)],
  });
  // That script asks for it by name while it runs.
  const camera = await build({
    ...shared,
    entryPoints: ['node-onvif'],
    outfile: join(outDir, 'node_modules/node-onvif/index.js'),
    format: 'cjs',
  });
  return packagesOf([agent.metafile, camera.metafile]);
}

/** What our own sources say in a way that holds for the source tree alone; of its description only the version is used. */
function adaptSources(root: string): Plugin {
  return {
    name: 'adapt-sources',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\/package\.json$/ }, async ({ path }) => {
        if (path !== join(root, 'package.json')) return undefined;
        const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(path, 'utf8')));
        return { contents: JSON.stringify({ version }), loader: 'json' };
      });
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        return { contents: adaptSource(path.slice(root.length).replaceAll('\\', '/'), text), loader: 'ts' };
      });
    },
  };
}

/**
 * Names the bundled scripts in place of their sources, and takes zod as a namespace: only so does what is not used (error texts in
 * fifty languages) stay out.
 */
function adaptSource(path: string, text: string): string {
  const scripts = [...text.matchAll(/new URL\('([^']+\.ts)', import\.meta\.url\)/g)].map((match) => match[1]);
  if (scripts.some((script) => !children.some(({ reference }) => reference === script))) {
    throw new FatalError('unbundled-script', `${path} starts ${scripts.join(', ')}, which the package does not know`);
  }
  const named = children.reduce(
    (result, { reference, bundled }) =>
      result.replace(`new URL('${reference}', import.meta.url)`, `new URL('./${bundled}.mjs', import.meta.url)`),
    text,
  );
  return named.replace("import { z } from 'zod';", "import * as z from 'zod';");
}

function packagesOf(metafiles: readonly Metafile[]): readonly BundledPackage[] {
  const found = new Map<string, BundledPackage>();
  const inputs = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap((output) => entriesOf(output)));
  for (const input of inputs) {
    const match = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input);
    if (match?.[1] && match[2]) found.set(match[1], { folder: match[1], name: match[2] });
  }
  return [...found.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** Files of which something is left in the output. */
function entriesOf({ inputs }: Metafile['outputs'][string]): readonly string[] {
  return Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}
