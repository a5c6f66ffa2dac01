import { CommandButton } from '../parts/command-button.tsx';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function WakeWidget({ state }: WidgetProps<'wake'>) {
  return (
    <>
      <Facts rows={[['MAC', state.mac]]} />
      <CommandButton capability="wake" name="wake" />
    </>
  );
}
