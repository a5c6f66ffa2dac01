import { Popover, UnstyledButton } from '@mantine/core';
import { IconAccessPoint, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import type { LinkStatus } from '../state/connection.ts';
import { useLink } from '../state/live.ts';
import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';

const faces = {
  live: { tone: 'ok', icon: IconAccessPoint, key: 'link.live', help: 'link.help.live' },
  reconnecting: { tone: 'attention', icon: IconRefresh, key: 'link.reconnecting', help: 'link.help.reconnecting' },
  lost: { tone: 'unreachable', icon: IconPlugConnectedX, key: 'link.lost', help: 'link.help.lost' },
} as const satisfies Record<LinkStatus, { tone: string; icon: unknown; key: TextKey; help: TextKey }>;

/** Whether the page is live, in the header of every page. */
export function LinkBadge() {
  const { t } = useText();
  const { status } = useLink();
  const { icon: Icon, tone, key, help } = faces[status];
  return (
    <Popover width={260} withArrow shadow="md">
      <Popover.Target>
        <UnstyledButton className="state small link-badge" data-tone={tone} data-pill>
          <Icon aria-hidden />
          <span role="status">{t(key)}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>{t(help)}</Popover.Dropdown>
    </Popover>
  );
}
