import type { Cause, CheckName, Verdict } from './finding.ts';

export type Language = 'vi' | 'en';

/** What is wrong, and what a person can do about it. */
interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

export interface Texts {
  readonly checks: Readonly<Record<CheckName, string>>;
  readonly verdicts: Readonly<Record<Exclude<Verdict, 'attention' | 'fault'>, string>>;
  readonly causes: Readonly<Record<Cause, Explanation>>;
  readonly detail: string;
  readonly allWell: string;
  readonly faults: (count: number) => string;
}

const vi: Texts = {
  checks: {
    identity: 'Ghi danh',
    certificate: 'Chứng chỉ đến',
    running: 'Đang chạy',
    name: 'Tên hub',
    gateway: 'Cổng ghi danh',
    broker: 'Cổng tin nhắn',
    clock: 'Đồng hồ',
    folder: 'Thư mục dữ liệu',
    disk: 'Đĩa còn trống',
    outbox: 'Tin chờ gửi',
    memory: 'Bộ nhớ trống',
    policy: 'Được phép hỏi',
    devices: 'Thiết bị',
    needs: 'Chương trình phụ',
    'local-broker': 'Broker tại chỗ',
  },
  verdicts: { ok: 'được', unseen: 'không xem được', 'not-needed': 'không cần' },
  causes: {
    'not-enrolled': {
      what: 'Máy này chưa được ghi danh.',
      remedy: 'Lấy phiếu ghi danh của trường, rồi: sudo edufleet-agent enrol --hub https://<hub>:8443 --voucher EF1-…',
    },
    prepared: {
      what: 'Máy đã giữ phiếu và đang chờ hub.',
      remedy:
        'Không phải làm gì: agent tự ghi danh khi tới được hub. Nếu lâu quá, xem các dòng dưới và nhật ký của agent.',
    },
    'voucher-used': {
      what: 'Phiếu ghi danh này đã được dùng cho máy khác.',
      remedy:
        'Báo cho người quản trị của trường (có thể phiếu bị lộ), xin phiếu mới, rồi: sudo edufleet-agent prepare --voucher EF1-… Dữ liệu đã thu thập không mất.',
    },
    'voucher-late': {
      what: 'Phiếu ghi danh đã hết hạn trước khi máy tới được hub.',
      remedy:
        'Nhờ người quản trị gia hạn phiếu này: máy sẽ tự ghi danh trong vòng 30 phút. Hoặc xin phiếu mới, rồi: sudo edufleet-agent prepare --voucher EF1-… Dữ liệu đã thu thập không mất.',
    },
    'voucher-refused': {
      what: 'Hub không nhận phiếu ghi danh của máy này.',
      remedy:
        'Xin phiếu mới của trường, rồi: sudo edufleet-agent prepare --voucher EF1-… Dữ liệu đã thu thập không mất.',
    },
    'identity-broken': {
      what: 'Danh tính của máy bị hỏng.',
      remedy: 'Xin phiếu mới cho chính agent này, rồi: sudo edufleet-agent enrol … --replace',
    },
    'not-permitted': {
      what: 'Tài khoản này không được đọc danh tính của agent, nên nhiều điều dưới đây không xem được.',
      remedy: 'Chạy lại: sudo edufleet-agent doctor',
    },
    'certificate-expired': {
      what: 'Chứng chỉ đã hết hạn.',
      remedy:
        'Nếu đồng hồ đúng: cứ để agent chạy, nó tự xin gia hạn trong thời gian hub cho phép; quá hạn đó thì ghi danh lại bằng phiếu mới.',
    },
    'certificate-ahead': {
      what: 'Chứng chỉ chưa có hiệu lực: đồng hồ của máy này chậm.',
      remedy: 'Chỉnh đồng hồ: sudo timedatectl set-ntp true; nếu máy quên giờ khi rút điện thì thay pin CMOS.',
    },
    'renewal-late': {
      what: 'Chứng chỉ sắp hết hạn mà chưa được gia hạn.',
      remedy: 'Xem agent có đang chạy và tới được hub không (các dòng dưới); nó tự gia hạn khi nối được.',
    },
    'not-running': {
      what: 'Agent không chạy.',
      remedy: 'sudo systemctl start edufleet-agent; nếu nó dừng lại: journalctl -u edufleet-agent -n 50',
    },
    hung: {
      what: 'Agent có đó nhưng đã lâu không còn hoạt động.',
      remedy: 'sudo systemctl restart edufleet-agent, và gửi journalctl -u edufleet-agent -n 200 cho kỹ sư.',
    },
    'name-unknown': {
      what: 'Không tìm được địa chỉ của hub.',
      remedy: 'Kiểm tra mạng và DNS (resolvectl status); nếu trường có DNS riêng, thêm tên hub vào đó.',
    },
    refused: {
      what: 'Máy của hub có đó nhưng cổng này đóng.',
      remedy: 'Hub có thể đang khởi động lại: thử lại sau một phút. Nếu vẫn vậy, báo người trông hub.',
    },
    'no-answer': {
      what: 'Hub không trả lời.',
      remedy: 'Kiểm tra Internet, và xin mở cổng này ra ngoài trên tường lửa của trường.',
    },
    unreachable: {
      what: 'Không có đường tới hub.',
      remedy: 'Kiểm tra dây mạng, địa chỉ IP và cổng mặc định (ip route).',
    },
    'not-secure': {
      what: 'Nối được nhưng không lập được kênh mã hóa.',
      remedy: 'Có thể tường lửa hoặc proxy xen vào giữa: cho địa chỉ của hub đi thẳng, không soi TLS.',
    },
    'not-trusted': {
      what: 'Bên trả lời không chứng minh được nó là hub của mình.',
      remedy: 'Có thể proxy soi TLS, hoặc sai địa chỉ: cho địa chỉ của hub đi thẳng. Không bỏ qua lỗi này.',
    },
    'wrong-time': {
      what: 'Chứng chỉ của hub không có hiệu lực theo giờ của máy này.',
      remedy: 'Xem dòng Đồng hồ: nếu máy này sai giờ thì chỉnh; nếu đúng, báo người trông hub.',
    },
    rejected: {
      what: 'Hub không nhận chứng chỉ của máy này.',
      remedy: 'Chứng chỉ hết hạn hoặc đã bị thu hồi: xem agent trên trang của hub, rồi ghi danh lại nếu cần.',
    },
    'clock-off': {
      what: 'Đồng hồ của máy này lệch so với hub.',
      remedy: 'sudo timedatectl set-ntp true, và xin mở UDP 123 ra ngoài; nếu lệch mỗi khi rút điện thì thay pin CMOS.',
    },
    'folder-absent': {
      what: 'Không có thư mục dữ liệu.',
      remedy: 'Nó được tạo khi cài gói và khi ghi danh; kiểm tra dataDir trong /etc/edufleet/agent.json.',
    },
    'folder-not-writable': {
      what: 'Không ghi được vào thư mục dữ liệu.',
      remedy:
        'Nếu đĩa bị chuyển sang chỉ đọc thì nó có thể hỏng (dmesg). Nếu sai chủ: sudo chown -R edufleet-agent: <thư mục>',
    },
    'disk-full': {
      what: 'Đĩa gần như đầy: agent sắp phải bỏ số đo.',
      remedy: 'Xóa bớt tệp: sudo journalctl --vacuum-size=200M; sudo apt clean; xem du -xh / | sort -h | tail',
    },
    'disk-tight': {
      what: 'Đĩa sắp đầy.',
      remedy: 'Dọn trước khi hết: sudo journalctl --vacuum-size=200M; sudo apt clean',
    },
    'files-full': {
      what: 'Đĩa hết chỗ cho tệp mới (inode).',
      remedy: 'Tìm thư mục có rất nhiều tệp nhỏ: sudo du -x --inodes / | sort -n | tail',
    },
    'outbox-full': {
      what: 'Hàng chờ gửi gần đầy: số đo cũ nhất đang bị bỏ.',
      remedy: 'Nối lại hub (các dòng trên). Nếu mạng hay đứt lâu, tăng outbox.maxMebibytes.',
    },
    'outbox-filling': {
      what: 'Hàng chờ gửi đã quá nửa.',
      remedy: 'Xem hub có tới được không; hàng chờ tự gửi hết khi nối lại.',
    },
    'memory-low': {
      what: 'Máy gần hết bộ nhớ.',
      remedy: 'Đóng chương trình khác; xem ps aux --sort=-rss | head',
    },
    'policy-empty': {
      what: 'Cấu hình tại chỗ không cho hỏi địa chỉ nào.',
      remedy: 'Thêm mạng của trường vào network.allow trong /etc/edufleet/agent.json, rồi khởi động lại agent.',
    },
    'devices-outside': {
      what: 'Có thiết bị nằm ngoài các địa chỉ mà agent được phép hỏi.',
      remedy: 'Nếu địa chỉ đúng: thêm vào network.allow (và network.ports), rồi khởi động lại agent.',
    },
    'program-missing': {
      what: 'Thiếu một chương trình mà thiết bị cần.',
      remedy: 'Cài gói cùng tên: sudo apt install <tên>',
    },
    'server-missing': {
      what: 'Chương trình trung gian mà thiết bị cần không chạy.',
      remedy: 'Cài và khởi động nó; với adb: sudo apt install adb, rồi adb start-server bằng tài khoản luôn chạy.',
    },
    'broker-disabled': {
      what: 'Có thiết bị cần broker tại chỗ, mà cấu hình đã tắt nó.',
      remedy: 'Đặt localBroker.enabled là true trong /etc/edufleet/agent.json, rồi khởi động lại agent.',
    },
    'port-taken': {
      what: 'Cổng của broker tại chỗ đã bị chương trình khác chiếm.',
      remedy: 'Xem ai: sudo ss -ltnp | grep <cổng>; tắt nó (thường là mosquitto), hoặc đổi localBroker.port.',
    },
    'port-unusable': {
      what: 'Không mở được cổng của broker tại chỗ ở địa chỉ đã đặt.',
      remedy: 'localBroker.host phải là một địa chỉ của máy này, localBroker.port từ 1024 trở lên.',
    },
    'broker-silent': {
      what: 'Agent đang chạy nhưng chưa mở broker tại chỗ.',
      remedy: 'Xem journalctl -u edufleet-agent -n 50; thiết bị có thể vừa mới được thêm.',
    },
  },
  detail: 'Chi tiết',
  allWell: 'Mọi điều đều ổn.',
  faults: (count) => `Có ${count} điều cần sửa.`,
};

const en: Texts = {
  checks: {
    identity: 'Enrolment',
    certificate: 'Certificate until',
    running: 'Running',
    name: 'Name of the hub',
    gateway: 'Gateway',
    broker: 'Broker',
    clock: 'Clock',
    folder: 'Data folder',
    disk: 'Free disk',
    outbox: 'Waits for the hub',
    memory: 'Free memory',
    policy: 'May be reached',
    devices: 'Devices',
    needs: 'Other programs',
    'local-broker': 'Local broker',
  },
  verdicts: { ok: 'ok', unseen: 'could not be seen', 'not-needed': 'not needed' },
  causes: {
    'not-enrolled': {
      what: 'This machine is not enrolled.',
      remedy: 'Take a voucher of the school: sudo edufleet-agent enrol --hub https://<hub>:8443 --voucher EF1-…',
    },
    prepared: {
      what: 'This machine holds a voucher and waits for the hub.',
      remedy:
        'Nothing: it enrols by itself once it reaches the hub. If that takes long, see below and the log of the agent.',
    },
    'voucher-used': {
      what: 'This voucher was used by another machine.',
      remedy:
        'Tell whoever manages the school, for the voucher may be in wrong hands; take a new one: sudo edufleet-agent prepare --voucher EF1-… What was collected is not lost.',
    },
    'voucher-late': {
      what: 'The voucher ended before this machine reached the hub.',
      remedy:
        'Ask for an extension of this voucher: the machine enrols by itself within 30 minutes. Or take a new one: sudo edufleet-agent prepare --voucher EF1-… What was collected is not lost.',
    },
    'voucher-refused': {
      what: 'The hub does not take the voucher of this machine.',
      remedy:
        'Take a new voucher of the school: sudo edufleet-agent prepare --voucher EF1-… What was collected is not lost.',
    },
    'identity-broken': {
      what: 'The identity of this machine is damaged.',
      remedy: 'Ask for a new voucher for this very agent, then: sudo edufleet-agent enrol … --replace',
    },
    'not-permitted': {
      what: 'This user may not read the identity of the agent, so much below cannot be seen.',
      remedy: 'Run it again: sudo edufleet-agent doctor',
    },
    'certificate-expired': {
      what: 'The certificate has run out.',
      remedy:
        'If the clock is right: let the agent run, it renews as long as the hub allows; after that enrol again with a new voucher.',
    },
    'certificate-ahead': {
      what: 'The certificate is not valid yet: the clock of this machine is slow.',
      remedy:
        'Set the clock: sudo timedatectl set-ntp true; if it forgets the time without power, change the CMOS battery.',
    },
    'renewal-late': {
      what: 'The certificate ends soon and was not renewed.',
      remedy: 'See whether the agent runs and reaches the hub (below); it renews by itself once it is connected.',
    },
    'not-running': {
      what: 'The agent does not run.',
      remedy: 'sudo systemctl start edufleet-agent; if it stops again: journalctl -u edufleet-agent -n 50',
    },
    hung: {
      what: 'The agent is there but has done nothing for long.',
      remedy: 'sudo systemctl restart edufleet-agent, and send journalctl -u edufleet-agent -n 200 to an engineer.',
    },
    'name-unknown': {
      what: 'The hub’s name has no address here.',
      remedy: 'Check network and DNS (resolvectl status); where the school has its own DNS, add the hub’s name there.',
    },
    refused: {
      what: 'The hub’s machine is there, but this port is closed.',
      remedy: 'The hub may be starting: try again in a minute. If it stays so, tell who looks after the hub.',
    },
    'no-answer': {
      what: 'The hub does not answer.',
      remedy: 'Check the internet, and ask for this port to be opened outwards on the school’s firewall.',
    },
    unreachable: {
      what: 'There is no way to the hub.',
      remedy: 'Check the cable, the IP address and the default gateway (ip route).',
    },
    'not-secure': {
      what: 'Connected, but no encrypted channel came about.',
      remedy: 'A firewall or proxy may stand between: let the hub’s address pass without inspection of TLS.',
    },
    'not-trusted': {
      what: 'Who answers does not prove to be our hub.',
      remedy: 'A proxy may inspect TLS, or the address is wrong: let the hub’s address pass. Do not ignore this.',
    },
    'wrong-time': {
      what: 'The hub’s certificate is not valid at the time that this machine has.',
      remedy: 'See the clock below: set it if it is wrong; if it is right, tell who looks after the hub.',
    },
    rejected: {
      what: 'The hub does not take the certificate of this machine.',
      remedy: 'It ran out or was revoked: look at the agent on the hub’s page, and enrol again if need be.',
    },
    'clock-off': {
      what: 'The clock of this machine differs from the hub’s.',
      remedy:
        'sudo timedatectl set-ntp true, and ask for UDP 123 outwards; if it is lost without power, change the CMOS battery.',
    },
    'folder-absent': {
      what: 'There is no data folder.',
      remedy: 'It is made by the package and by the enrolment; check dataDir in /etc/edufleet/agent.json.',
    },
    'folder-not-writable': {
      what: 'The data folder cannot be written.',
      remedy:
        'A disk that went read-only may be failing (dmesg). If the owner is wrong: sudo chown -R edufleet-agent: <folder>',
    },
    'disk-full': {
      what: 'The disk is nearly full: the agent will soon give up measurements.',
      remedy: 'Remove files: sudo journalctl --vacuum-size=200M; sudo apt clean; see du -xh / | sort -h | tail',
    },
    'disk-tight': {
      what: 'The disk fills up.',
      remedy: 'Make room before it ends: sudo journalctl --vacuum-size=200M; sudo apt clean',
    },
    'files-full': {
      what: 'The disk takes hardly any more files (inodes).',
      remedy: 'Find the folder with very many small files: sudo du -x --inodes / | sort -n | tail',
    },
    'outbox-full': {
      what: 'What waits for the hub is nearly too much: the oldest measurements are given up.',
      remedy: 'Connect to the hub again (above). Where the line is often down for long, raise outbox.maxMebibytes.',
    },
    'outbox-filling': {
      what: 'What waits for the hub has passed half of its room.',
      remedy: 'See whether the hub is reached; it all goes by itself once connected.',
    },
    'memory-low': {
      what: 'The machine has hardly any memory left.',
      remedy: 'Close other programs; see ps aux --sort=-rss | head',
    },
    'policy-empty': {
      what: 'The local configuration allows no address.',
      remedy: 'Add the school’s network to network.allow in /etc/edufleet/agent.json, and restart the agent.',
    },
    'devices-outside': {
      what: 'Some devices are outside of what this agent may reach.',
      remedy: 'If their addresses are right: add them to network.allow (and network.ports), and restart the agent.',
    },
    'program-missing': {
      what: 'A program that devices need is not installed.',
      remedy: 'Install the package of that name: sudo apt install <name>',
    },
    'server-missing': {
      what: 'A program by way of which devices are reached does not run.',
      remedy:
        'Install and start it; for adb: sudo apt install adb, then adb start-server as a user that is always there.',
    },
    'broker-disabled': {
      what: 'Devices need the local broker, and the configuration has it off.',
      remedy: 'Set localBroker.enabled to true in /etc/edufleet/agent.json, and restart the agent.',
    },
    'port-taken': {
      what: 'Another program has the port of the local broker.',
      remedy: 'See which: sudo ss -ltnp | grep <port>; stop it (often mosquitto), or change localBroker.port.',
    },
    'port-unusable': {
      what: 'The port of the local broker cannot be opened at the address that is set.',
      remedy: 'localBroker.host must be an address of this machine, localBroker.port 1024 or above.',
    },
    'broker-silent': {
      what: 'The agent runs but has not opened its local broker.',
      remedy: 'See journalctl -u edufleet-agent -n 50; the device may just have been added.',
    },
  },
  detail: 'In detail',
  allWell: 'All is well.',
  faults: (count) => (count === 1 ? 'One thing has to be put right.' : `${count} things have to be put right.`),
};

export const texts: Readonly<Record<Language, Texts>> = { vi, en };
