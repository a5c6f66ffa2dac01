import type { UnitKind } from '../../store/tables.ts';

/** What notifications need of the organisation. */
export interface NotificationOrganisation {
  /** Throws NotFoundError. */
  pathOf(unitId: number): string;
  refOf(unitId: number): { readonly id: number; readonly name: string; readonly kind: UnitKind };
  trailOf(unitId: number): readonly { readonly name: string; readonly kind: UnitKind }[];
}
