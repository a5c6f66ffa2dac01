import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { commandQuery } from '../../data/queries.ts';
import { useOperation } from '../../state/operate.ts';
import { useText } from '../../text/use-text.ts';
import type { WidgetProps } from '../parts/widget.ts';

const questions = [
  { kind: 'system', key: 'log.system' },
  { kind: 'access', key: 'log.access' },
] as const;

/** A log is read only here, when a person asks; it comes as the result of the command. */
export function LogWidget({ state }: WidgetProps<'log'>) {
  const { t } = useText();
  const { can, send, sending } = useOperation();
  const [command, setCommand] = useState<string>();
  const kinds = state.kinds ?? [];
  return (
    <>
      {command === undefined ? (
        <p className="soft">{t('log.none')}</p>
      ) : (
        <LogText command={command} onHide={() => setCommand(undefined)} />
      )}
      {can('log', 'fetch') ? (
        <div className="row">
          {questions
            .filter(({ kind }) => kinds.includes(kind))
            .map(({ kind, key }) => (
              <Button
                key={kind}
                variant="default"
                disabled={sending}
                onClick={() => send({ capability: 'log', name: 'fetch', args: { kind } }, setCommand)}
              >
                {t(key)}
              </Button>
            ))}
        </div>
      ) : null}
    </>
  );
}

function LogText({ command, onHide }: { readonly command: string; readonly onHide: () => void }) {
  const { t } = useText();
  const { data } = useQuery(commandQuery(command));
  const text = data?.output?.['text'];
  if (typeof text !== 'string') return null;
  return (
    <div className="stack">
      {data?.output?.['cut'] === true ? <p>{t('log.cut')}</p> : null}
      <section
        className="code"
        aria-label={t('log.text')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        style={{ maxHeight: '24rem', overflow: 'auto', whiteSpace: 'pre-wrap' }}
      >
        {text}
      </section>
      <Button variant="subtle" onClick={onHide}>
        {t('log.hide')}
      </Button>
    </div>
  );
}
