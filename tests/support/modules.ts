import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const repositoryRoot = normalize(join(import.meta.dirname, '../..'));

/** One source file of the product, with the files and packages that it imports. */
export interface Module {
  /** From the repository root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Files of ours, from the repository root. */
  readonly files: readonly string[];
  /** Packages and `node:` modules. */
  readonly packages: readonly string[];
}

// Biome keeps imports regular, so one expression finds them all: `import … from '…'`, `export … from '…'`, `import('…')`.
const importPattern = /(?:from\s+|import\s*\(\s*|^import\s+)'([^']+)'/gm;

/** Every TypeScript file of the product (tests left out). */
export function readModules(): readonly Module[] {
  return globSync(['agent/**/*.{ts,tsx}', 'hub/**/*.{ts,tsx}', 'protocols/**/*.ts', 'provisioning/**/*.ts'], {
    cwd: repositoryRoot,
    exclude: (path) => path.includes('node_modules') || path.includes('/dist/'),
  })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(repositoryRoot, path), 'utf8');
      const specifiers = [...text.matchAll(importPattern)].map((match) => match[1] ?? '');
      const files = specifiers
        .filter((name) => name.startsWith('.'))
        .map((name) => normalize(join(dirname(path), name)));
      return { path, text, files, packages: specifiers.filter((name) => !name.startsWith('.')) };
    });
}

/** Cycles among the modules, each as the list of paths that closes on itself. */
export function findCycles(modules: readonly Module[]): readonly (readonly string[])[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path]);
      return;
    }
    state.set(path, 'open');
    for (const next of byPath.get(path)?.files ?? []) if (byPath.has(next)) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const module of modules) visit(module.path, []);
  return cycles;
}
