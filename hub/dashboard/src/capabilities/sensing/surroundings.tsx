import { useText } from '../../text/use-text.ts';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function SurroundingsWidget({ state }: WidgetProps<'surroundings'>) {
  const { t } = useText();
  const { contact, occupied, leak, smoke } = state;
  return (
    <>
      {smoke ? <Badge tone="fault">{t('surroundings.smoke')}</Badge> : null}
      {leak ? <Badge tone="fault">{t('surroundings.leak')}</Badge> : null}
      {contact === undefined ? null : (
        <Badge tone={contact === 'open' ? 'attention' : 'ok'}>
          {t(contact === 'open' ? 'surroundings.open' : 'surroundings.closed')}
        </Badge>
      )}
      {occupied === undefined ? null : (
        <Badge tone="quiet">{t(occupied ? 'surroundings.occupied' : 'surroundings.empty')}</Badge>
      )}
      {smoke === false || leak === false ? <Badge tone="ok">{t('surroundings.safe')}</Badge> : null}
    </>
  );
}
