export type { StructureChange } from './channel.ts';
export { dayOf } from './day.ts';
export { createUnitImports, type UnitImports } from './import/imports.ts';
export { unitsTemplate } from './import/template.ts';
export { createOrganisation, type Organisation } from './organisation.ts';
export { insertUnits, newNode, takeIds } from './rows.ts';
export type { UnitNode, UnitTree } from './tree.ts';
