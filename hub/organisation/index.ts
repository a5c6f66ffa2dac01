export type { StructureChange } from './channel.ts';
export { dayOf } from './day.ts';
export { createUnitImports } from './import/imports.ts';
export { unitsTemplate } from './import/template.ts';
export { createOrganisation, type Organisation } from './organisation.ts';
export { insertUnits, newNode, takeIds } from './rows.ts';
export { loadSample, removeSample } from './sample/sample.ts';
export type { UnitNode, UnitTree } from './tree.ts';
