import type { Limit, Verdict } from './second-opinion/opinion.ts';
import type { Cause, StepName } from './steps.ts';

export type Language = 'vi' | 'en';

/** What happened, and what a person can do about it. */
interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

interface Texts {
  readonly steps: Readonly<Record<StepName, string>>;
  readonly status: Readonly<Record<'ok' | 'skipped' | 'not-needed', string>>;
  readonly causes: Readonly<Record<Cause, Explanation>>;
  readonly detail: string;
  readonly allAnswered: string;
  readonly notAll: string;
  readonly looking: (ports: string) => string;
  readonly closedPort: (port: number, family: string) => string;
  readonly openPort: (port: number, family: string) => string;
  /** A port that was named and is open, but nobody is recognised; `families` have it as their usual one, if any. */
  readonly openStranger: (port: number, families: string) => string;
  readonly closedStranger: (port: number) => string;
  readonly nobody: string;
  readonly unseen: (families: string) => string;
  readonly states: string;
  readonly captured: (file: string, bytes: number, keepsSerials: boolean) => string;
  readonly secondOpinion: string;
  readonly verdicts: Readonly<Record<Verdict, string>>;
  /** Why the other program could not be asked. */
  readonly limits: Readonly<Record<Limit, string>>;
}

const vi: Texts = {
  steps: {
    name: 'Tên máy',
    policy: 'Chính sách mạng',
    connect: 'Kết nối',
    secure: 'Mã hóa',
    greeting: 'Chào hỏi',
    'sign-in': 'Đăng nhập',
    describe: 'Tự giới thiệu',
    poll: 'Đọc trạng thái',
    close: 'Kết thúc',
  },
  status: { ok: 'được', skipped: 'chưa tới bước này', 'not-needed': 'không cần' },
  causes: {
    'name-unknown': {
      what: 'Không tìm được địa chỉ của tên này.',
      remedy: 'Kiểm tra lại tên, hoặc dùng địa chỉ IP ghi trong menu của thiết bị.',
    },
    'policy-port': {
      what: 'Cấu hình tại chỗ không cho dùng cổng này.',
      remedy: 'Thêm cổng vào network.ports trong cấu hình của agent nếu đúng là cổng của thiết bị.',
    },
    'policy-denied': {
      what: 'Cấu hình tại chỗ cấm địa chỉ này.',
      remedy: 'Bỏ dòng đó khỏi network.deny trong cấu hình của agent nếu thiết bị được phép dùng.',
    },
    'policy-special': {
      what: 'Tên này dẫn tới chính máy này, tới mạng đặc biệt hoặc tới mọi máy, nên không được dùng.',
      remedy: 'Dùng địa chỉ IP thật của thiết bị trong mạng của trường.',
    },
    'policy-hub': {
      what: 'Đây là máy chủ (hub) của chính agent này, không phải thiết bị.',
      remedy: 'Kiểm tra địa chỉ; nếu thiết bị thật sự ở đó, ghi đúng địa chỉ này vào network.allow của agent.',
    },
    'policy-unlisted': {
      what: 'Địa chỉ này nằm ngoài các mạng mà agent được phép hỏi.',
      remedy: 'Kiểm tra địa chỉ; nếu đúng, thêm nó vào network.allow trong cấu hình của agent.',
    },
    refused: {
      what: 'Máy có ở đó nhưng cổng này đóng.',
      remedy: 'Bật điều khiển qua mạng trong menu của thiết bị, hoặc kiểm tra số cổng và tường lửa.',
    },
    unreachable: {
      what: 'Không có đường tới địa chỉ này.',
      remedy: 'Kiểm tra dây mạng, mạng con và VLAN; thử ping từ chính máy này.',
    },
    'no-answer': {
      what: 'Không ai trả lời ở địa chỉ này.',
      remedy:
        'Thiết bị tắt, rút dây, đổi địa chỉ, hoặc tường lửa chặn. Xem đèn mạng và địa chỉ trong menu của thiết bị.',
    },
    'certificate-not-trusted': {
      what: 'Thiết bị dùng chứng chỉ mà máy này không tin.',
      remedy: 'So dấu vân tay trong câu dưới với thiết bị, rồi ghi nó vào pinnedCertificate trong thiết lập.',
    },
    'certificate-mismatch': {
      what: 'Thiết bị đưa chứng chỉ khác với chứng chỉ đã ghim.',
      remedy: 'Nếu thiết bị vừa được thay hoặc đặt lại thì ghim lại; nếu không, có thể ai đó đang giả làm nó.',
    },
    'not-secure': {
      what: 'Kết nối được nhưng không lập được kênh mã hóa.',
      remedy: 'Kiểm tra thiết bị có bật chế độ bảo mật (TLS) và đúng cổng không.',
    },
    silent: {
      what: 'Cổng mở nhưng thiết bị im lặng.',
      remedy:
        'Có thể sai họ thiết bị, nó đang bận với máy khác, hoặc bị treo: tắt nguồn rồi bật lại, thử lại sau một phút.',
    },
    'silent-datagram': {
      what: 'Không có câu trả lời nào qua UDP.',
      remedy:
        'Với SNMP, sai community cũng im lặng như tắt máy: kiểm tra SNMP đã bật, community, và danh sách máy được hỏi.',
    },
    'half-answer': {
      what: 'Thiết bị trả lời dở dang rồi im lặng.',
      remedy: 'Thử lại; nếu lặp lại, kiểm tra mạng và cập nhật firmware, rồi gửi bản ghi (lệnh capture) cho kỹ sư.',
    },
    garbage: {
      what: 'Có trả lời, nhưng không phải giao thức của họ thiết bị này.',
      remedy: 'Kiểm tra họ thiết bị và số cổng; nếu chắc chắn đúng, gửi bản ghi (lệnh capture) cho kỹ sư.',
    },
    'hung-up': {
      what: 'Thiết bị nhận kết nối rồi tự cắt.',
      remedy:
        'Có thể nó chỉ phục vụ một máy hoặc chặn địa chỉ này: đóng phần mềm điều khiển khác, xem danh sách cho phép.',
    },
    'credentials-missing': {
      what: 'Thiết bị đòi mật khẩu, mà chưa có mật khẩu nào.',
      remedy: 'Chạy lại với --username và --password-file hoặc --password-stdin.',
    },
    'credentials-refused': {
      what: 'Thiết bị từ chối tên hoặc mật khẩu này.',
      remedy: 'Kiểm tra mật khẩu trên chính thiết bị. Đừng thử nhiều lần: nhiều thiết bị tự khóa tài khoản.',
    },
    busy: {
      what: 'Thiết bị nói rằng nó đang bận, thường vì máy khác đang giữ nó.',
      remedy: 'Dừng phần mềm đang giữ thiết bị (có thể chính là agent đang chạy), rồi thử lại.',
    },
    unavailable: {
      what: 'Thiết bị nói rằng lúc này chưa làm được.',
      remedy: 'Chờ nó khởi động, làm nóng hoặc làm nguội xong rồi thử lại.',
    },
    unsupported: {
      what: 'Thiết bị không biết câu hỏi này.',
      remedy: 'Có thể nó thuộc họ khác hoặc bản cũ hơn; gửi bản ghi (lệnh capture) cho kỹ sư.',
    },
    'device-fault': {
      what: 'Thiết bị tự báo lỗi.',
      remedy: 'Xem câu của thiết bị ở dưới; khởi động lại thiết bị rồi thử lại.',
    },
    'address-missing': {
      what: 'Họ thiết bị này cần một địa chỉ trong thiết lập.',
      remedy: 'Thêm địa chỉ, hoặc --settings với các thành phần của nó.',
    },
    'program-missing': {
      what: 'Máy này thiếu một chương trình mà họ thiết bị cần.',
      remedy: 'Cài gói được nêu trong câu dưới.',
    },
    'broker-off': {
      what: 'Họ thiết bị này tự gửi tin tới broker của agent; không thể hỏi nó từ đây.',
      remedy: 'Xem thiết bị trong agent đang chạy, và bật broker trong cấu hình của agent.',
    },
    'too-slow': {
      what: 'Thiết bị đã trả lời, rồi quá chậm để đọc hết.',
      remedy: 'Thử lại; nếu lặp lại, kiểm tra mạng, hoặc thiết bị quá tải.',
    },
    internal: {
      what: 'Lỗi của chính chương trình này.',
      remedy: 'Gửi bản ghi (lệnh capture) và câu dưới đây cho kỹ sư.',
    },
  },
  detail: 'Chi tiết',
  allAnswered: 'Mọi bước đều có trả lời.',
  notAll: 'Chưa phải mọi bước đều có trả lời.',
  looking: (ports) => `Không nêu họ thiết bị: xem các cổng ${ports} có mở không…`,
  closedPort: (port, family) => `cổng ${port} (${family}): đóng hoặc không trả lời`,
  openPort: (port, family) => `cổng ${port} mở: có thể là ${family}. Không đoán mò; hỏi bằng --family ${family}`,
  openStranger: (port, families) =>
    families === ''
      ? `Cổng ${port} mở, nhưng không nhận ra là gì. Nêu --family nếu biết thiết bị thuộc họ nào.`
      : `Cổng ${port} mở, thường là ${families}, nhưng họ đó không được hỏi thử. Nếu đúng, hỏi lại với --family.`,
  closedStranger: (port) =>
    `Cổng ${port} đóng hoặc không trả lời: kiểm tra địa chỉ, số cổng, dây mạng, và điều khiển qua mạng đã bật chưa.`,
  nobody: 'Không có cổng nào của các họ thiết bị đã biết trả lời.',
  unseen: (families) => `Không thể tìm bằng cách này: ${families}. Nêu --family nếu thiết bị thuộc các họ đó.`,
  states: 'Trạng thái đọc được',
  captured: (file, bytes, keepsSerials) =>
    `Đã ghi ${file} (${bytes} byte), không có mật khẩu${keepsSerials ? '; số sê-ri và MAC được giữ' : ', số sê-ri hay MAC'}.`,
  secondOpinion: 'Ý kiến thứ hai (node-onvif)',
  verdicts: {
    both: 'Cả hai chương trình đều đọc được camera.',
    'only-second': 'Chỉ node-onvif đọc được: lỗi của chúng tôi. Hãy gửi bản ghi (lệnh capture) cho kỹ sư.',
    'only-ours':
      'Chỉ agent đọc được camera. Giới hạn đã biết của node-onvif: không có HTTPS, không có đăng nhập HTTP digest, chờ 3 giây.',
    nobody: 'Không chương trình nào đọc được: do camera, mật khẩu hoặc mạng.',
    'not-compared': 'Không so sánh được vì node-onvif không hỏi được camera này.',
  },
  limits: {
    https: 'không nói HTTPS',
    characters: 'không nhận tên hay mật khẩu có dấu < > hoặc chữ ngoài ASCII',
    username: 'không nhận tên có dấu &',
  },
};

const en: Texts = {
  steps: {
    name: 'Name',
    policy: 'Network policy',
    connect: 'Connection',
    secure: 'Encryption',
    greeting: 'Greeting',
    'sign-in': 'Sign-in',
    describe: 'Describes itself',
    poll: 'Reads states',
    close: 'Close',
  },
  status: { ok: 'ok', skipped: 'not come to', 'not-needed': 'not needed' },
  causes: {
    'name-unknown': {
      what: 'Nobody knows the address of this name.',
      remedy: 'Check the name, or use the IP address that the menu of the device shows.',
    },
    'policy-port': {
      what: 'The local configuration does not allow this port.',
      remedy: 'Add it to network.ports of the agent configuration if it is the port of the device.',
    },
    'policy-denied': {
      what: 'The local configuration forbids this address.',
      remedy: 'Take the entry out of network.deny of the agent configuration if the device may be used.',
    },
    'policy-special': {
      what: 'This name leads to this machine, to a special network or to everyone, and is not followed.',
      remedy: 'Use the real IP address of the device in the school network.',
    },
    'policy-hub': {
      what: 'This is the hub of this very agent, and no device.',
      remedy:
        'Check the address; if the device does stand there, name this very address in network.allow of the agent.',
    },
    'policy-unlisted': {
      what: 'This address is outside the networks that the agent may ask.',
      remedy: 'Check the address; if it is right, add it to network.allow of the agent configuration.',
    },
    refused: {
      what: 'A machine is there, but this port is closed.',
      remedy: 'Turn network control on in the menu of the device, or check the port and the firewall.',
    },
    unreachable: {
      what: 'There is no way to this address.',
      remedy: 'Check cable, subnet and VLAN; ping it from this very machine.',
    },
    'no-answer': {
      what: 'Nobody answers at this address.',
      remedy:
        'The device is off, unplugged, has another address, or a firewall drops it. Look at its network light and menu.',
    },
    'certificate-not-trusted': {
      what: 'The certificate of the device is not trusted by this machine.',
      remedy: 'Compare the fingerprint below with the device, then write it into pinnedCertificate of the settings.',
    },
    'certificate-mismatch': {
      what: 'The device presents another certificate than the pinned one.',
      remedy: 'Pin it anew if the device was replaced or reset; otherwise somebody may be posing as it.',
    },
    'not-secure': {
      what: 'Connected, but no encrypted channel came up.',
      remedy: 'Check that the device has its secured mode (TLS) on, and the port.',
    },
    silent: {
      what: 'The port is open, but the device says nothing.',
      remedy:
        'It may be of another family, held by another machine, or stuck: power it off and on, try again in a minute.',
    },
    'silent-datagram': {
      what: 'No answer came over UDP.',
      remedy:
        'With SNMP a wrong community is as silent as a device that is off: check SNMP, community and access list.',
    },
    'half-answer': {
      what: 'The device began an answer and fell silent.',
      remedy: 'Try again; if it stays so, check the network and the firmware, then send a capture to the engineer.',
    },
    garbage: {
      what: 'Something answers, but not by the protocol of this family.',
      remedy: 'Check family and port; if both are right, send a capture to the engineer.',
    },
    'hung-up': {
      what: 'The device took the connection and closed it.',
      remedy:
        'It may serve one machine only or block this address: close other control programs, look at its allow list.',
    },
    'credentials-missing': {
      what: 'The device asks for a password, and there is none.',
      remedy: 'Run it again with --username and --password-file or --password-stdin.',
    },
    'credentials-refused': {
      what: 'The device refuses this name or password.',
      remedy: 'Check the password at the device itself. Do not try often: many devices lock the account.',
    },
    busy: {
      what: 'The device says that it is busy, mostly because another machine holds it.',
      remedy: 'Stop what holds the device (it may be the running agent), then try again.',
    },
    unavailable: {
      what: 'The device says that it cannot do this now.',
      remedy: 'Wait until it has started, warmed up or cooled down, then try again.',
    },
    unsupported: {
      what: 'The device does not know this question.',
      remedy: 'It may be of another family or older; send a capture to the engineer.',
    },
    'device-fault': {
      what: 'The device reports a fault of its own.',
      remedy: 'Read its own words below; restart it and try again.',
    },
    'address-missing': {
      what: 'This family needs an address in its settings.',
      remedy: 'Give the address, or --settings with its members.',
    },
    'program-missing': {
      what: 'This machine lacks a program that the family needs.',
      remedy: 'Install the package that is named below.',
    },
    'broker-off': {
      what: 'Devices of this family send to the broker of the agent; they cannot be asked from here.',
      remedy: 'Look at the device in the running agent, and turn the broker on in its configuration.',
    },
    'too-slow': {
      what: 'The device answered, and was then too slow to be read to the end.',
      remedy: 'Try again; if it stays so, look at the network, or the device is overloaded.',
    },
    internal: {
      what: 'A fault of this program itself.',
      remedy: 'Send a capture and the sentence below to the engineer.',
    },
  },
  detail: 'Detail',
  allAnswered: 'Every step was answered.',
  notAll: 'Not every step was answered.',
  looking: (ports) => `No family given: looking whether ports ${ports} are open…`,
  closedPort: (port, family) => `port ${port} (${family}): closed or silent`,
  openPort: (port, family) =>
    `port ${port} is open: perhaps ${family}. It is not guessed at; ask with --family ${family}`,
  openStranger: (port, families) =>
    families === ''
      ? `Port ${port} is open, but nothing is recognised. Give --family if you know what it is.`
      : `Port ${port} is open, usually ${families}, which is not asked by guess. If it is one, ask with --family.`,
  closedStranger: (port) =>
    `Port ${port} is closed or silent: check the address, the port, the cable, and whether network control is on.`,
  nobody: 'No port of any known family answers.',
  unseen: (families) => `Cannot be found in this way: ${families}. Give --family if the device is one of them.`,
  states: 'States read',
  captured: (file, bytes, keepsSerials) =>
    `Wrote ${file} (${bytes} bytes), without passwords${keepsSerials ? '; serial numbers and MACs are kept' : ', serial numbers or MACs'}.`,
  secondOpinion: 'Second opinion (node-onvif)',
  verdicts: {
    both: 'Both programs read the camera.',
    'only-second': 'Only node-onvif read it: our fault. Please send a capture to the engineer.',
    'only-ours':
      'Only the agent read the camera. Known limits of node-onvif: no HTTPS, no sign-in by HTTP digest, waits 3 s.',
    nobody: 'Neither program read it: the camera, the password or the network.',
    'not-compared': 'Not compared: node-onvif cannot ask this camera.',
  },
  limits: {
    https: 'it speaks no HTTPS',
    characters: 'it takes no name or password with < > or beyond ASCII',
    username: 'it takes no name with &',
  },
};

/** Every sentence for people, Vietnamese first. */
export const texts: Readonly<Record<Language, Texts>> = { vi, en };
