import { describe, expect, it } from "vitest";
import { addTokens, noTokens, tokensOf } from "../../src/exports/estimate-tokens.ts";

/*
 * Support messages written for this test, with the number of tokens that gpt-tokenizer 4.0.0 counts in them with
 * o200k_base (`countTokens(text, { disallowedSpecial: new Set() })`, summed up). The rates were fitted to them and to
 * other texts, so this holds what is promised for such messages, not for every text.
 */
const COUNTED: [language: string, tokens: number, percent: number, texts: string[]][] = [
  [
    "en",
    241,
    5,
    [
      'Hello, I ordered a pair of running shoes two weeks ago and the parcel still has not arrived. The tracking page has said "out for delivery" since Tuesday. Could you please tell me where it is?',
      "Thank you for waiting, and sorry for the trouble. Your parcel is still with the carrier in Leeds; we have asked them to deliver it tomorrow before 6 pm. If it does not arrive, reply to this message and we will send a new pair at once, free of charge.",
      "I was charged twice for the same subscription this month. How do I get my money back?",
      "The app signs me out every time I open it. I have already deleted it and installed it again, changed my password and restarted my phone, but nothing helps.",
      'That sounds annoying, and thank you for trying all of this first. The cause is a fault in version 8.4 that was fixed yesterday: please open the App Store, search for our app and choose Update.\n\nIf you are still signed out afterwards:\n1. open Settings > Account\n2. choose "Sign out on all devices"\n3. sign in once more\n\nYour data is kept on our servers, so nothing is lost.',
    ],
  ],
  [
    "de",
    115,
    10,
    [
      "Guten Tag, ich habe vor zwei Wochen ein Paar Laufschuhe bestellt, aber das Paket ist immer noch nicht angekommen. In der Sendungsverfolgung steht seit Dienstag, dass es zugestellt wird. Können Sie mir bitte sagen, wo es ist?",
      "Vielen Dank für Ihre Geduld, und bitte entschuldigen Sie die Umstände. Ihr Paket liegt noch beim Zusteller; wir haben ihn gebeten, es morgen bis 18 Uhr zu liefern. Falls es nicht ankommt, antworten Sie einfach auf diese Nachricht, dann schicken wir Ihnen sofort kostenlos ein neues Paar.",
    ],
  ],
  [
    "fr",
    115,
    10,
    [
      "Bonjour, j'ai commandé une paire de chaussures de course il y a deux semaines et le colis n'est toujours pas arrivé. Le suivi indique depuis mardi qu'il est en cours de livraison. Pouvez-vous me dire où il se trouve ?",
      "Merci de votre patience, et toutes nos excuses pour ce désagrément. Votre colis est encore chez le transporteur ; nous lui avons demandé de le livrer demain avant 18 heures. S'il n'arrive pas, répondez à ce message et nous vous enverrons aussitôt une nouvelle paire, sans frais.",
    ],
  ],
  [
    "es",
    98,
    10,
    [
      "Hola, pedí unas zapatillas para correr hace dos semanas y el paquete todavía no ha llegado. La página de seguimiento dice desde el martes que está en reparto. ¿Me pueden decir dónde está, por favor?",
      "Gracias por su paciencia y disculpe las molestias. Su paquete sigue con el transportista; le hemos pedido que lo entregue mañana antes de las seis de la tarde. Si no llega, responda a este mensaje y le enviaremos enseguida otro par sin ningún coste.",
    ],
  ],
  [
    "pt",
    102,
    10,
    [
      "Olá, encomendei um par de sapatilhas de corrida há duas semanas e a encomenda ainda não chegou. O seguimento diz desde terça-feira que está em distribuição. Podem dizer-me onde está, por favor?",
      "Obrigado pela sua paciência e pedimos desculpa pelo incómodo. A sua encomenda ainda está com a transportadora; pedimos que a entregue amanhã antes das 18 horas. Se não chegar, responda a esta mensagem e enviaremos de imediato um novo par sem custos.",
    ],
  ],
  [
    "it",
    125,
    10,
    [
      "Buongiorno, ho ordinato un paio di scarpe da corsa due settimane fa e il pacco non è ancora arrivato. Il tracciamento dice da martedì che è in consegna. Potete dirmi dove si trova, per favore?",
      "Grazie per la pazienza e ci scusiamo per il disagio. Il suo pacco è ancora presso il corriere; gli abbiamo chiesto di consegnarlo domani entro le 18. Se non arriva, risponda a questo messaggio e le invieremo subito un nuovo paio, senza alcun costo.",
    ],
  ],
  [
    "nl",
    102,
    10,
    [
      "Hallo, ik heb twee weken geleden een paar hardloopschoenen besteld en het pakket is nog steeds niet aangekomen. Op de volgpagina staat al sinds dinsdag dat het onderweg is. Kunt u mij vertellen waar het is?",
      "Bedankt voor uw geduld en excuses voor het ongemak. Uw pakket ligt nog bij de bezorger; we hebben gevraagd om het morgen voor 18 uur te bezorgen. Als het niet aankomt, antwoord dan op dit bericht en we sturen u meteen gratis een nieuw paar.",
    ],
  ],
  [
    "pl",
    145,
    10,
    [
      "Dzień dobry, dwa tygodnie temu zamówiłem buty do biegania, ale paczka jeszcze nie dotarła. Na stronie śledzenia od wtorku widnieje informacja, że jest w doręczeniu. Czy mogą Państwo powiedzieć, gdzie ona jest?",
      "Dziękujemy za cierpliwość i przepraszamy za kłopot. Pana paczka jest nadal u kuriera; poprosiliśmy, aby dostarczył ją jutro przed godziną 18. Jeśli nie dotrze, proszę odpowiedzieć na tę wiadomość, a od razu wyślemy nową parę bez żadnych opłat.",
    ],
  ],
  [
    "tr",
    121,
    10,
    [
      "Merhaba, iki hafta önce bir çift koşu ayakkabısı sipariş ettim ama kargo hâlâ gelmedi. Takip sayfasında salı gününden beri dağıtıma çıktığı yazıyor. Lütfen nerede olduğunu söyler misiniz?",
      "Sabrınız için teşekkür ederiz, yaşanan aksaklık için özür dileriz. Paketiniz hâlâ kargo şirketinde; yarın saat 18'den önce teslim etmelerini istedik. Gelmezse bu mesaja yanıt verin, size hemen ücretsiz olarak yeni bir çift gönderelim.",
    ],
  ],
  [
    "vi",
    124,
    10,
    [
      "Xin chào, tôi đã đặt một đôi giày chạy bộ cách đây hai tuần nhưng vẫn chưa nhận được hàng. Trang theo dõi ghi từ thứ ba là đơn hàng đang được giao. Bạn có thể cho tôi biết nó đang ở đâu không?",
      "Cảm ơn bạn đã kiên nhẫn và xin lỗi vì sự bất tiện này. Gói hàng của bạn vẫn đang ở chỗ đơn vị vận chuyển; chúng tôi đã yêu cầu họ giao vào ngày mai trước 18 giờ. Nếu không nhận được, hãy trả lời tin nhắn này và chúng tôi sẽ gửi ngay một đôi mới miễn phí.",
    ],
  ],
  [
    "ru",
    115,
    15,
    [
      "Здравствуйте, две недели назад я заказал кроссовки, но посылка до сих пор не пришла. На странице отслеживания со вторника написано, что она передана курьеру. Подскажите, пожалуйста, где она?",
      "Спасибо за терпение, и просим прощения за неудобства. Ваша посылка всё ещё у службы доставки; мы попросили привезти её завтра до 18 часов. Если она не придёт, ответьте на это сообщение, и мы сразу же бесплатно отправим вам новую пару.",
    ],
  ],
  [
    "el",
    170,
    15,
    [
      "Καλησπέρα, παρήγγειλα ένα ζευγάρι αθλητικά παπούτσια πριν από δύο εβδομάδες και το δέμα δεν έχει φτάσει ακόμα. Η σελίδα παρακολούθησης λέει από την Τρίτη ότι βρίσκεται προς παράδοση. Μπορείτε να μου πείτε πού είναι;",
      "Σας ευχαριστούμε για την υπομονή σας και ζητούμε συγγνώμη για την ταλαιπωρία. Το δέμα σας είναι ακόμα στον μεταφορέα· ζητήσαμε να παραδοθεί αύριο πριν από τις έξι. Αν δεν φτάσει, απαντήστε σε αυτό το μήνυμα και θα σας στείλουμε αμέσως καινούριο ζευγάρι χωρίς χρέωση.",
    ],
  ],
  [
    "ar",
    114,
    15,
    [
      "مرحبا، طلبت حذاء للجري قبل أسبوعين ولم يصل الطرد حتى الآن. تقول صفحة التتبع منذ يوم الثلاثاء إنه في طريقه للتسليم. هل يمكنكم إخباري أين هو من فضلكم؟",
      "شكرا لصبركم ونعتذر عن هذا الإزعاج. ما زال طردكم لدى شركة الشحن، وقد طلبنا منها تسليمه غدا قبل الساعة السادسة مساء. إذا لم يصل، فردوا على هذه الرسالة وسنرسل لكم حذاء جديدا على الفور دون أي تكلفة.",
    ],
  ],
  [
    "he",
    108,
    15,
    [
      "שלום, הזמנתי זוג נעלי ריצה לפני שבועיים והחבילה עדיין לא הגיעה. בדף המעקב כתוב מאז יום שלישי שהיא בדרך למסירה. האם תוכלו לומר לי איפה היא?",
      "תודה על הסבלנות ומתנצלים על אי הנוחות. החבילה שלך עדיין אצל חברת השליחויות; ביקשנו מהם למסור אותה מחר לפני השעה שש. אם היא לא תגיע, אפשר להשיב להודעה הזו ונשלח מיד זוג חדש ללא עלות.",
    ],
  ],
  [
    "hi",
    136,
    15,
    [
      "नमस्ते, मैंने दो हफ्ते पहले दौड़ने वाले जूते मंगवाए थे, लेकिन पार्सल अब तक नहीं आया है। ट्रैकिंग पेज पर मंगलवार से लिखा है कि डिलीवरी के लिए निकल चुका है। कृपया बताइए कि वह कहाँ है?",
      "आपके धैर्य के लिए धन्यवाद और असुविधा के लिए हमें खेद है। आपका पार्सल अभी कूरियर कंपनी के पास है; हमने उनसे कल शाम छह बजे से पहले पहुँचाने को कहा है। अगर वह न पहुँचे तो इस संदेश का जवाब दें, हम तुरंत बिना किसी शुल्क के नई जोड़ी भेज देंगे।",
    ],
  ],
  [
    "bn",
    146,
    15,
    [
      "নমস্কার, আমি দুই সপ্তাহ আগে এক জোড়া দৌড়ানোর জুতা অর্ডার করেছিলাম, কিন্তু পার্সেল এখনও আসেনি। ট্র্যাকিং পেজে মঙ্গলবার থেকে লেখা আছে যে ডেলিভারির জন্য বের হয়েছে। দয়া করে বলবেন সেটি কোথায়?",
      "আপনার ধৈর্যের জন্য ধন্যবাদ, এবং অসুবিধার জন্য আমরা দুঃখিত। আপনার পার্সেল এখনও কুরিয়ারের কাছে আছে; আমরা তাদের আগামীকাল সন্ধ্যা ছয়টার আগে পৌঁছে দিতে বলেছি। না পৌঁছালে এই বার্তার উত্তর দিন, আমরা সঙ্গে সঙ্গে বিনা খরচে নতুন জোড়া পাঠাব।",
    ],
  ],
  [
    "ta",
    149,
    15,
    [
      "வணக்கம், இரண்டு வாரங்களுக்கு முன்பு ஓட்டக் காலணி ஒன்றை ஆர்டர் செய்தேன், ஆனால் பார்சல் இன்னும் வரவில்லை. செவ்வாய்க்கிழமை முதல் விநியோகத்திற்கு வெளியே உள்ளது என்று கண்காணிப்புப் பக்கம் சொல்கிறது. அது எங்கே இருக்கிறது என்று சொல்ல முடியுமா?",
      "உங்கள் பொறுமைக்கு நன்றி, சிரமத்திற்கு மன்னிக்கவும். உங்கள் பார்சல் இன்னும் கூரியர் நிறுவனத்திடம் உள்ளது; நாளை மாலை ஆறு மணிக்கு முன் வழங்குமாறு கேட்டுள்ளோம். வரவில்லை என்றால் இந்தச் செய்திக்குப் பதிலளிக்கவும், உடனே இலவசமாகப் புதிய காலணி அனுப்புவோம்.",
    ],
  ],
  [
    "th",
    146,
    15,
    [
      "สวัสดีค่ะ สั่งรองเท้าวิ่งไปเมื่อสองสัปดาห์ก่อน แต่พัสดุยังไม่มาถึงเลย หน้าติดตามพัสดุขึ้นว่ากำลังนำส่งตั้งแต่วันอังคาร ช่วยตรวจสอบให้หน่อยได้ไหมคะว่าตอนนี้อยู่ที่ไหน",
      "ขอบคุณที่รอและขออภัยในความไม่สะดวกค่ะ พัสดุของคุณยังอยู่กับบริษัทขนส่ง เราได้แจ้งให้นำส่งภายในพรุ่งนี้ก่อนหกโมงเย็น หากยังไม่ได้รับ กรุณาตอบกลับข้อความนี้ แล้วเราจะส่งคู่ใหม่ให้ทันทีโดยไม่มีค่าใช้จ่าย",
    ],
  ],
  [
    "zh",
    110,
    15,
    [
      "您好，我两周前订了一双跑鞋，但是包裹到现在还没有收到。物流页面从星期二开始就一直显示正在派送。请问能帮我查一下包裹在哪里吗？",
      "感谢您的耐心等待，给您带来不便非常抱歉。您的包裹目前还在快递公司，我们已经要求他们在明天下午六点之前送达。如果届时仍未收到，请直接回复这条消息，我们会立即免费为您补发一双新鞋。",
    ],
  ],
  [
    "ja",
    135,
    15,
    [
      "こんにちは。二週間前にランニングシューズを注文しましたが、まだ荷物が届いていません。追跡ページには火曜日からずっと配達中と表示されています。今どこにあるのか教えていただけますか。",
      "お待たせしてしまい、ご迷惑をおかけして申し訳ございません。お荷物は現在も配送会社にございますので、明日の午後六時までにお届けするよう依頼いたしました。もし届かない場合は、このメッセージにご返信ください。すぐに新しい商品を無料でお送りいたします。",
    ],
  ],
  [
    "ko",
    124,
    15,
    [
      "안녕하세요, 2주 전에 운동화 한 켤레를 주문했는데 아직 택배가 도착하지 않았습니다. 배송 조회 페이지에는 화요일부터 계속 배송 중이라고 나옵니다. 지금 어디에 있는지 확인해 주실 수 있나요?",
      "기다려 주셔서 감사하고 불편을 드려 죄송합니다. 고객님의 상품은 아직 택배사에 있으며, 내일 오후 6시 전까지 배송하도록 요청했습니다. 도착하지 않으면 이 메시지에 답장해 주세요. 바로 새 상품을 무료로 보내 드리겠습니다.",
    ],
  ],
];

const PER_MESSAGE = 3;

function estimated(...rows: string[][]): number {
  const sums = noTokens();
  for (const row of rows) addTokens(sums, row);
  return tokensOf(sums);
}

describe("the tokens of a file", () => {
  it.each(COUNTED)("are not further off than the manifest says: %s", (_, tokens, percent, texts) => {
    const off = (estimated(texts) - texts.length * PER_MESSAGE) / tokens - 1;
    expect(Math.abs(off) * 100).toBeLessThanOrEqual(percent);
  });

  it("are right for files of several languages, which are told by a sample of the rows", () => {
    const picked = Array.from({ length: 3_000 }, (_, n) => COUNTED[n % 7]).flatMap((row) => (row ? [row] : []));
    const exact = picked.reduce((sum, [, tokens, , texts]) => sum + tokens + texts.length * PER_MESSAGE, 0);
    expect(Math.abs(estimated(...picked.map(([, , , texts]) => texts)) / exact - 1)).toBeLessThan(0.05);
  });

  it("take texts in no language, and no text at all", () => {
    expect(estimated()).toBe(0);
    expect(estimated([""])).toBe(PER_MESSAGE);
    expect(estimated(["🙂🙂 \u0000 <|endoftext|> 12345"])).toBeGreaterThan(PER_MESSAGE);
  });
});
