import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

const targets = [
  { target: 'panel', name: 'lock.panel' },
  { target: 'remote', name: 'lock.remote' },
  { target: 'keys', name: 'lock.keys' },
] as const satisfies readonly { target: string; name: TextKey }[];

export function LockWidget({ state }: WidgetProps<'lock'>) {
  const { t } = useText();
  const known = targets.flatMap(({ target, name }) => {
    const locked = state[target];
    return locked === undefined ? [] : [{ target, name, locked }];
  });
  return (
    <>
      {known.map(({ target, name, locked }) => (
        <div key={target} className="row">
          <Badge tone={locked ? 'attention' : 'ok'}>
            {t(name)}: {t(locked ? 'lock.locked' : 'lock.free')}
          </Badge>
          <CommandButton capability="lock" name="set" args={{ target, locked: !locked }}>
            {t(locked ? 'lock.unlock' : 'lock.lock')}
          </CommandButton>
        </div>
      ))}
    </>
  );
}
