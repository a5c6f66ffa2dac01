import type { Unit } from '../../../../../protocols/api/units.ts';
import { api } from '../../data/api.ts';
import { useText } from '../../text/use-text.ts';
import { PrintButton } from '../../ui/print-button.tsx';

const printable: ReadonlySet<Unit['kind']> = new Set(['school', 'building', 'room']);

/** Posters for the doors of a school: a code that opens the page of the room. */
export function RoomPosters({ unit }: { readonly unit: Unit | undefined }) {
  const { t } = useText();
  if (!unit || !printable.has(unit.kind)) return null;
  return (
    <>
      <PrintButton
        label={t('units.posters.a4')}
        name={`ap-phich-a4-${unit.id}`}
        make={() => api.posters(unit.id, 'a4')}
      />
      <PrintButton
        label={t('units.posters.a5')}
        name={`ap-phich-a5-${unit.id}`}
        make={() => api.posters(unit.id, 'a5')}
      />
    </>
  );
}
