import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../support/child.ts';
import { repositoryRoot } from '../support/modules.ts';

/** Builds the dashboard when it was never built, or when a source is newer than the build. */
export async function ensureDashboard(say: (line: string) => void): Promise<void> {
  const built = join(repositoryRoot, 'hub/dashboard/dist/index.html');
  const sources = globSync(
    [
      'hub/dashboard/{src,public}/**/*.*',
      'hub/dashboard/*.{html,ts,json}',
      'protocols/{api,fleet}/**/*.ts',
      'package-lock.json',
    ],
    { cwd: repositoryRoot },
  );
  const newest = Math.max(...sources.map((path) => statSync(join(repositoryRoot, path)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  say('building the dashboard');
  // In a process of its own, for the 700 MB that it takes would stay with the demo.
  const build = startChild('node_modules/vite/bin/vite.js', ['build', '--config', 'hub/dashboard/vite.config.ts']);
  const code = await build.exited;
  if (code !== 0) throw new Error(`the dashboard was not built (${code}): ${build.log.slice(-20).join('\n')}`);
}
