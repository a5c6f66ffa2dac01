import { Select } from '@mantine/core';
import { useOperation } from '../state/operate.ts';
import { useText } from '../text/use-text.ts';
import { Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

export function InputWidget({ state }: WidgetProps<'input'>) {
  const { t } = useText();
  const { can, send, sending } = useOperation();
  const sources = state.sources ?? [];
  const shown = sources.find((source) => source.id === state.selected)?.label ?? state.selected;
  return (
    <>
      <Facts
        rows={[
          [t('input.shown'), shown],
          [t('input.signal'), state.signal === undefined ? undefined : t(state.signal ? 'word.yes' : 'word.no')],
        ]}
      />
      {can('input', 'select') && sources.length > 0 ? (
        <Select
          label={t('input.choose')}
          data={sources.map((source) => ({ value: source.id, label: source.label }))}
          value={state.selected ?? null}
          disabled={sending}
          allowDeselect={false}
          onChange={(id) => {
            if (id !== null && id !== state.selected) send({ capability: 'input', name: 'select', args: { id } });
          }}
        />
      ) : null}
    </>
  );
}
