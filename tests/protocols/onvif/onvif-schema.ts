import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { repositoryRoot } from '../../support/modules.ts';

/**
 * ONVIF's own schemas as a judge of what goes over the wire. They stay outside the repository: their licence forbids changes,
 * and a copy would age. `EDUFLEET_ONVIF_SCHEMAS` says where they are.
 */
const folder = process.env['EDUFLEET_ONVIF_SCHEMAS'] ?? resolve(repositoryRoot, '../shared/data/onvif');

const wsdls = [
  'ver10/device/wsdl/devicemgmt.wsdl',
  'ver10/media/wsdl/media.wsdl',
  'ver20/media/wsdl/media.wsdl',
  'ver20/ptz/wsdl/ptz.wsdl',
  'ver10/events/wsdl/event.wsdl',
  'ver20/imaging/wsdl/imaging.wsdl',
  'ver10/deviceio.wsdl',
  'ver10/advancedsecurity/wsdl/advancedsecurity.wsdl',
] as const;

const schemas = [
  'wsdl/ver10/schema/onvif.xsd',
  'wsdl/ver10/schema/common.xsd',
  'oasis-w3c/docs.oasis-open.org.wsn.b-2.xsd',
  'oasis-w3c/docs.oasis-open.org.wsn.t-1.xsd',
  'oasis-w3c/docs.oasis-open.org.wsrf.bf-2.xsd',
  'oasis-w3c/www.w3.org.2001.xml.xsd',
  'oasis-w3c/www.w3.org.2003.05.soap-envelope.xsd',
  'oasis-w3c/www.w3.org.2004.08.xop.include.xsd',
  'oasis-w3c/www.w3.org.2005.05.xmlmime.xsd',
  'oasis-w3c/www.w3.org.2005.08.addressing.ws-addr.xsd',
] as const;

/** Why the judge is absent; undefined when it is there. */
export function schemaAbsence(): string | undefined {
  if (!existsSync(join(folder, 'wsdl', wsdls[0]))) return `no ONVIF schemas in ${folder}`;
  if (spawnSync('xmllint', ['--version']).error) return 'no xmllint on this machine';
  return undefined;
}

/** Validates documents against the schemas; `validate` returns what xmllint finds wrong, per name, and nothing when all is well. */
export function openSchemas(): { validate(documents: ReadonlyMap<string, string>): readonly string[] } {
  const work = mkdtempSync(join(tmpdir(), 'edufleet-onvif-'));
  const namespaces = new Map<string, string>();
  const place = (name: string, text: string) => {
    const namespace = /targetNamespace="([^"]+)"/.exec(text)?.[1];
    if (namespace && name !== 'common.xsd') namespaces.set(namespace, name);
    writeFileSync(join(work, name), localise(relax(text)));
  };
  for (const path of schemas) place(basename(path), readFileSync(join(folder, path), 'utf8'));
  for (const path of wsdls) {
    place(`${path.replaceAll('/', '.')}.xsd`, schemaOf(readFileSync(join(folder, 'wsdl', path), 'utf8')));
  }
  const imports = [...namespaces].map(
    ([namespace, name]) => `<xs:import namespace="${namespace}" schemaLocation="${name}"/>`,
  );
  writeFileSync(
    join(work, 'all.xsd'),
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${imports.join('')}</xs:schema>`,
  );
  return { validate: (documents) => validate(work, documents) };
}

function validate(work: string, documents: ReadonlyMap<string, string>): readonly string[] {
  const inbox = join(work, 'documents');
  mkdirSync(inbox, { recursive: true });
  const files = [...documents].map(([name, text], index) => {
    const file = join(inbox, `${index}-${name.replace(/\W+/g, '-').slice(0, 80)}.xml`);
    writeFileSync(file, text);
    return file;
  });
  try {
    execFileSync('xmllint', ['--nonet', '--noout', '--schema', join(work, 'all.xsd'), ...files], { stdio: 'pipe' });
    return [];
  } catch (thrown) {
    const output = String((thrown as { stderr?: Buffer }).stderr);
    return output.split('\n').filter((line) => line !== '' && !line.endsWith(' validates'));
  }
}

/** The schema inside a WSDL, with the prefixes that the WSDL declares around it. */
function schemaOf(wsdl: string): string {
  const schema = /<xs:schema[\s\S]*<\/xs:schema>/.exec(wsdl)?.[0] ?? '';
  const opening = /^<xs:schema[^>]*>/.exec(schema)?.[0] ?? '';
  const outer = /<wsdl:definitions[^>]*>/.exec(wsdl)?.[0] ?? '';
  const missing = [...outer.matchAll(/xmlns:\w+="[^"]+"/g)]
    .map(([declaration]) => declaration)
    .filter((declaration) => !opening.includes(declaration.split('=')[0] ?? ''));
  return schema.replace('<xs:schema', `<xs:schema ${missing.join(' ')}`);
}

/** Imports point into the same folder, never at the network. */
function localise(schema: string): string {
  return schema.replace(/schemaLocation="([^"]+)"/g, (_whole, location: string) => {
    const flat = /^https?:/.test(location)
      ? location.replace(/^https?:\/\//, '').replaceAll('/', '.')
      : basename(location);
    return `schemaLocation="${flat.endsWith('.xsd') ? flat : `${flat}.xsd`}"`;
  });
}

function relax(schema: string): string {
  return (
    schema
      // libxml2 finds this type ambiguous: an element of its own may also be its wildcard.
      .replace(
        /(<xs:complexType name="VideoSourceConfigurationOptionsExtension2">[\s\S]*?)<xs:any namespace="##targetNamespace"[^>]*\/>/,
        '$1',
      )
      // SOAP lets a body hold anything; here it must be something that ONVIF has declared.
      .replace(/(<xs:complexType name="Body">[\s\S]*?processContents=")lax/, '$1strict')
  );
}
