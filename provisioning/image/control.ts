import type { Architecture } from './runtime.ts';

export interface ControlFacts {
  readonly version: string;
  readonly architecture: Architecture;
  readonly installedBytes: number;
}

/** `DEBIAN/control` (Debian Policy 4.6, section 5.3). The libraries are those that Node itself needs. */
export function controlText({ version, architecture, installedBytes }: ControlFacts): string {
  return [
    'Package: edufleet-agent',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: Edufleet maintainers <noreply@edufleet.invalid>',
    `Installed-Size: ${Math.ceil(installedBytes / 1_024)}`,
    'Depends: adduser, init-system-helpers (>= 1.52), libc6 (>= 2.28), libgcc-s1, libstdc++6, systemd',
    'Suggests: adb, ipmitool, tpm2-tools',
    'Section: admin',
    'Priority: optional',
    'Description: watches and steers the devices of one school',
    ' The agent of the Edufleet fleet controller. It speaks the own protocol of each',
    ' device on the school network and reports to one hub over mutual TLS. It brings',
    ' its own Node and needs no other package from outside Debian.',
    '',
  ].join('\n');
}

/** A file of the package; `path` without a leading slash. */
export interface PackedFile {
  readonly path: string;
  readonly md5: string;
}

/** `DEBIAN/md5sums`, by which `dpkg --verify` finds what was changed; configuration files are no part of it. */
export function md5sumsText(files: readonly PackedFile[]): string {
  return files
    .filter(({ path }) => !path.startsWith('etc/'))
    .map(({ path, md5 }) => `${md5}  ${path}\n`)
    .join('');
}

export interface Licence {
  readonly name: string;
  readonly version: string;
  /** SPDX, as the package names it. */
  readonly licence: string;
  readonly text: string | undefined;
}

/** `copyright` (Debian Policy 12.5): our own licence, then that of each package that is inside, in full where it brings one. */
export function copyrightText(own: string, others: readonly Licence[]): string {
  const rule = '-'.repeat(78);
  const listed = others.map(({ name, version, licence }) => `  ${name} ${version}: ${licence}`);
  const texts = others.flatMap(({ name, version, licence, text }) => [
    rule,
    `${name} ${version} (${licence})`,
    '',
    text === undefined ? 'The package brings no text of its licence.' : text.trim(),
    '',
  ]);
  return ['Edufleet agent', '', own.trim(), '', 'It contains:', '', ...listed, '', ...texts].join('\n');
}
