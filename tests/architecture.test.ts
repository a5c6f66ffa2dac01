import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCycles, type Module, readModules, repositoryRoot } from './support/modules.ts';

const modules = readModules();

/** An edge that must not exist, and the reason that is told when it does. */
interface Forbidden {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly except?: RegExp;
  readonly because: string;
}

const forbidden: readonly Forbidden[] = [
  { from: /^protocols\/bytes\//, to: /^protocols\/(?!bytes\/|errors\.ts)/, because: 'bytes is the lowest layer' },
  { from: /^protocols\//, to: /^(agent|hub|provisioning)\//, because: 'what crosses a wire knows neither of its ends' },
  {
    from: /^protocols\/(?!bytes|fleet|api)[a-z0-9-]+\//,
    to: /^protocols\/(fleet|api)\//,
    because: 'a wire of a device does not know our own contract',
  },
  {
    from: /^protocols\/fleet\//,
    to: /^protocols\/(?!fleet\/|bytes\/|errors\.ts|ports\.ts)/,
    because: 'the contract knows no wire and no page',
  },
  {
    from: /^protocols\/api\//,
    to: /^protocols\/(?!api\/|fleet\/|errors\.ts)/,
    because: 'the HTTP contract knows no wire',
  },
  { from: /^provisioning\//, to: /^(agent|hub)\//, because: 'provisioning lies below agent and hub' },
  {
    from: /^provisioning\/enrolment\//,
    to: /^provisioning\/authority\//,
    because: 'the agent must never carry the authority',
  },
  { from: /^agent\//, to: /^hub\//, because: 'agent and hub meet on the wire only' },
  { from: /^agent\//, to: /^provisioning\/authority\//, because: 'the agent must never carry the authority' },
  { from: /^agent\//, to: /^protocols\/api\//, because: 'the agent does not serve the dashboard' },
  { from: /^hub\//, to: /^agent\//, because: 'agent and hub meet on the wire only' },
  {
    from: /^hub\//,
    to: /^protocols\/(?!fleet\/|api\/|bytes\/|errors\.ts|ports\.ts)/,
    because: 'the hub knows capabilities, never a wire',
  },
  {
    from: /^agent\/devices\/[a-z0-9-]+\//,
    to: /^agent\/(?!devices\/(driver|error)\.ts)/,
    except: /^agent\/devices\/[a-z0-9-]+\//,
    because: 'a driver gets everything from its context',
  },
  {
    from: /^agent\/(runtime|uplink|deployments|health)\//,
    to: /^agent\/devices\/[a-z0-9-]+\//,
    because: 'the runtime knows drivers, not families',
  },
  { from: /^agent\/platform\//, to: /^agent\/(?!platform\/|devices\/driver\.ts)/, because: 'platform is only I/O' },
  { from: /^hub\/dashboard\//, to: /^hub\/(?!dashboard\/)/, because: 'the dashboard speaks to the hub over HTTP only' },
  {
    from: /^hub\/(?!dashboard|app\.ts|main\.ts)/,
    to: /^hub\/dashboard\//,
    because: 'the hub serves the built dashboard, it does not import it',
  },
];

const hubFeatures = new Set(
  readdirSync(join(repositoryRoot, 'hub'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(repositoryRoot, 'hub', entry.name, 'index.ts')))
    .map((entry) => entry.name),
);

function edgesOf(module: Module): readonly { readonly from: string; readonly to: string }[] {
  return module.files.map((to) => ({ from: module.path, to }));
}

/** Family names that are also plain words of the field; a page may use them. */
const ordinaryWords = new Set([
  'mini-pc',
  'mini',
  'generic',
  'network',
  'server',
  'interactive',
  'studio',
  'wake',
  'smart',
  'home',
  // Also the size of a widget.
  'lg',
]);

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

const edges = modules.flatMap(edgesOf);

describe('architecture', () => {
  it('sees the whole house, so that no rule passes on an empty set', () => {
    expect(modules.length).toBeGreaterThan(150);
    expect(edges.length).toBeGreaterThan(400);
  });

  it('imports downwards only', () => {
    const broken = edges.flatMap(({ from, to }) =>
      forbidden
        .filter((rule) => rule.from.test(from) && rule.to.test(to) && !rule.except?.test(to))
        .map((rule) => `${from} -> ${to}: ${rule.because}`),
    );
    expect(broken).toEqual([]);
  });

  it('keeps a family inside its folder, and a wire apart from other wires', () => {
    const broken = edges.filter(({ from, to }) => {
      const families = [from, to].map((path) => /^agent\/devices\/([a-z0-9-]+)\//.exec(path)?.[1]);
      if (families[0] && families[1]) return families[0] !== families[1];
      const wires = [from, to].map((path) => /^protocols\/(?!bytes|fleet|api)([a-z0-9-]+)\//.exec(path)?.[1]);
      return wires[0] !== undefined && wires[1] !== undefined && wires[0] !== wires[1];
    });
    expect(broken).toEqual([]);
  });

  it('enters a feature of the hub through its index only', () => {
    const broken = edges.filter(({ from, to }) => {
      const target = /^hub\/([a-z-]+)\/(.+)$/.exec(to);
      if (!target || from.startsWith(`hub/${target[1]}/`) || !from.startsWith('hub/')) return false;
      if (target[1] === 'store' || target[1] === 'events') return false;
      return hubFeatures.has(target[1] ?? '') && target[2] !== 'index.ts';
    });
    expect(broken).toEqual([]);
  });

  it('has no cycle', () => {
    expect(findCycles(modules)).toEqual([]);
  });

  it('names no brand, family or wire in the hub', () => {
    const names = [
      ...readdirSync(join(repositoryRoot, 'agent/devices')),
      ...readdirSync(join(repositoryRoot, 'protocols')),
    ]
      .filter((name) => !name.includes('.') && !['bytes', 'fleet', 'api'].includes(name))
      .flatMap((name) => [name, name.split('-')[0] ?? name])
      .filter((name) => !ordinaryWords.has(name));
    expect(names.length).toBeGreaterThan(2);
    const pattern = new RegExp(`\\b(${names.join('|')}|samsung|philips|viewsonic|benq|hikvision|dahua|epson)\\b`, 'i');
    const broken = modules
      .filter(({ path }) => path.startsWith('hub/'))
      .flatMap(({ path, text }) =>
        text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
      );
    expect(broken).toEqual([]);
  });

  it('keeps protocols pure', () => {
    const allowed = new Set(['zod', 'saxes', 'croner', 'node:zlib', 'node:crypto', 'node:buffer']);
    const broken = modules
      .filter(({ path }) => path.startsWith('protocols/'))
      .flatMap(({ path, packages }) =>
        packages.filter((name) => !allowed.has(name)).map((name) => `${path} -> ${name}`),
      );
    expect(broken).toEqual([]);
  });

  it('touches process only in main files, and time only in the clock', () => {
    const broken = modules
      .filter(({ path }) => !path.startsWith('hub/dashboard/'))
      .flatMap(({ path, text }) => {
        const code = withoutComments(text).replace(/'[^'\n]*'/g, "''");
        const found: string[] = [];
        if (
          !/(^|\/)(main|worker)\.ts$/.test(path) &&
          !path.startsWith('agent/platform/') &&
          /\bprocess\.(?!hrtime)/.test(code)
        )
          found.push(`${path}: process`);
        const time = /\b(Date\.now|setTimeout|setInterval|performance\.now|new Date\(\))/.exec(code);
        if (time && path !== 'provisioning/platform/clock.ts') found.push(`${path}: ${time[1]}`);
        return found;
      });
    expect(broken).toEqual([]);
  });

  it('keeps files and folders small', () => {
    const files = modules.flatMap(({ path, text }) =>
      text.split('\n').length > 401 ? [`${path}: ${text.split('\n').length} lines`] : [],
    );
    expect(files).toEqual([]);
    const folders = new Map<string, number>();
    for (const { path } of modules)
      folders.set(path.replace(/\/[^/]+$/, ''), (folders.get(path.replace(/\/[^/]+$/, '')) ?? 0) + 1);
    // Capabilities are a catalogue: one file each, found by its name.
    folders.delete('protocols/fleet/capabilities');
    expect([...folders].filter(([, count]) => count > 20)).toEqual([]);
  });

  it('never says any', () => {
    const broken = modules.flatMap(({ path, text }) =>
      /(:|<|\bas)\s+any\b/.test(withoutComments(text)) || /@ts-(ignore|expect-error|nocheck)/.test(text) ? [path] : [],
    );
    expect(broken).toEqual([]);
  });

  it('gives every family a README, a simulator and a test, and every wire its vectors', () => {
    const missing: string[] = [];
    for (const entry of readdirSync(join(repositoryRoot, 'agent/devices'), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const family = entry.name;
      if (!existsSync(join(repositoryRoot, 'agent/devices', family, 'README.md')))
        missing.push(`agent/devices/${family}/README.md`);
      if (globSync(`tests/agent/devices/${family}*.test.ts`, { cwd: repositoryRoot }).length === 0)
        missing.push(`tests/agent/devices/${family}.test.ts`);
      const simulator = [`tests/simulators/${family}.ts`, `tests/simulators/${family}/index.ts`];
      // The mini-PC is the machine itself: nothing stands in for it.
      if (family !== 'mini-pc' && !simulator.some((path) => existsSync(join(repositoryRoot, path))))
        missing.push(simulator[0] ?? family);
      if (!readFileSync(join(repositoryRoot, 'agent/devices/registry.ts'), 'utf8').includes(`./${family}/index.ts`))
        missing.push(`registry line of ${family}`);
    }
    for (const entry of readdirSync(join(repositoryRoot, 'protocols'), { withFileTypes: true })) {
      if (!entry.isDirectory() || ['bytes', 'fleet', 'api'].includes(entry.name)) continue;
      if (!existsSync(join(repositoryRoot, 'tests/vectors', entry.name))) missing.push(`tests/vectors/${entry.name}`);
    }
    expect(missing).toEqual([]);
  });

  it('locks every optional package of every platform, without which npm ci refuses the lock file', () => {
    const { packages } = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it('names only paths that exist in its guides', () => {
    const guides = [
      'README.md',
      '.github/CONTRIBUTING.md',
      ...globSync('.github/adr/*.md', { cwd: repositoryRoot }),
      ...globSync('{agent,hub,protocols,provisioning,tests}/README.md', { cwd: repositoryRoot }),
    ];
    const broken = guides.flatMap((guide) => {
      const text = readFileSync(join(repositoryRoot, guide), 'utf8');
      return [...text.matchAll(/`((?:agent|hub|protocols|provisioning|tests|\.github|\.ci)\/[\w./-]+)`/g)]
        .map((match) => match[1] ?? '')
        .filter((path) => globSync(path.replace(/\/$/, ''), { cwd: repositoryRoot }).length === 0)
        .map((path) => `${guide}: ${path}`);
    });
    expect(broken).toEqual([]);
  });
});
