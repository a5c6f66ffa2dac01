import type { Texts } from './sentences.ts';

export const vi: Texts = {
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
        'Có thể sai họ thiết bị hoặc sai hãng (profile), nó đang bận với máy khác, hoặc bị treo: tắt nguồn rồi bật lại, thử lại sau một phút.',
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
