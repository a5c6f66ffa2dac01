import { type CustomTypesConfig, types } from 'pg';

const int8 = 20;

/** As `pg` reads columns, but 64-bit integers are numbers: none of ours passes 2^53. */
export const columnTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : types.getTypeParser(oid, format ?? 'text')) as CustomTypesConfig['getTypeParser'],
};
