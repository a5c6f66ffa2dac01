import { describe, expect, it } from 'vitest';
import { parseController, parseFirmwareInventory, parseSoftware } from '../../../protocols/redfish/controller.ts';
import { parseDocument, parseErrorMessage, type RedfishDocument } from '../../../protocols/redfish/document.ts';
import { parseCollection } from '../../../protocols/redfish/link.ts';
import { parseChassis, parsePower, parseThermal } from '../../../protocols/redfish/sensing.ts';
import { parseServiceRoot, parseSession } from '../../../protocols/redfish/service.ts';
import { parseSystem } from '../../../protocols/redfish/system.ts';
import { hasPythonJudges, readJudgeFile } from '../../support/judges.ts';
import { loadVectors, type Vector } from '../../support/vectors.ts';

/** What each resource means is ours; the resources lie in the package that the source names, and are read there. */
interface Sample extends Vector {
  readonly kind: string;
}

const parsers: Readonly<Record<string, (document: RedfishDocument) => unknown>> = {
  root: parseServiceRoot,
  collection: parseCollection,
  system: parseSystem,
  chassis: parseChassis,
  thermal: parseThermal,
  power: parsePower,
  manager: parseController,
  firmwareInventory: parseFirmwareInventory,
  software: parseSoftware,
  error: parseErrorMessage,
};
const folder = 'sushy/tests/unit/json_samples';

describe.runIf(hasPythonJudges)('resources of DMTF mockups, as sushy brings them', () => {
  it.each(loadVectors<Sample>('redfish', 'samples'))('$name', ({ name, kind, value }) => {
    expect(parsers[kind]?.(parseDocument(readJudgeFile(`${folder}/${name}`)))).toEqual(value);
  });

  it('session_creation_headers.json', () => {
    const headers = parseDocument(readJudgeFile(`${folder}/session_creation_headers.json`));
    const map = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [String(value)]]));
    expect(parseSession(map)).toEqual({
      token: 'adc530e2016a0ea98c76c087f0e4b76f',
      path: '/redfish/v1/SessionService/Sessions/151edd65d41c0b89',
    });
  });
});
