// What visitors read, in the languages the pages speak. A text that is missing in one language does not compile.

export const LANGUAGES = ["en", "de", "fr", "es", "ja", "zh"] as const;

export type Language = (typeof LANGUAGES)[number];

/** Why a request gets the maintenance answer; also the `code` of its problem document. */
export type Cause = "maintenance" | "expired" | "shed" | "unreachable";

/** What went wrong in an exchange, as far as a visitor can tell the cases apart. */
export type ErrorKind = "badAnswer" | "noAnswer" | "other";

export interface Notice {
  heading: string;
  explanation: string;
}

export interface Texts {
  causes: Record<Cause, Notice>;
  errors: Record<ErrorKind, Notice>;
  /** The label before a time of day. */
  expectedEnd: string;
  overdue: string;
  back: string;
  offline: string;
  checking: string;
  progress: string;
  tryAgain: string;
  /** For browsers without JavaScript. */
  refreshesEvery(seconds: number): string;
}

export const TEXTS: Record<Language, Texts> = {
  en: {
    causes: {
      maintenance: {
        heading: "Back soon",
        explanation: "The service is being updated and will be available again shortly.",
      },
      expired: {
        heading: "Not ready yet",
        explanation: "Your request waited for the service, which is not ready yet. It was not carried out.",
      },
      shed: {
        heading: "One moment, please",
        explanation: "Many people are waiting for the service just now. Your request was not carried out.",
      },
      unreachable: {
        heading: "Not reachable just now",
        explanation: "The service cannot be reached at the moment. Your request was not carried out.",
      },
    },
    errors: {
      badAnswer: {
        heading: "The service did not answer properly",
        explanation: "The connection to the service failed. It may work if you try again.",
      },
      noAnswer: {
        heading: "The service took too long",
        explanation: "No answer came in time. It may work if you try again.",
      },
      other: {
        heading: "This did not work",
        explanation: "The request could not be carried out.",
      },
    },
    expectedEnd: "Expected back:",
    overdue: "This is taking longer than expected. The work is still going on.",
    back: "The service is back. One moment …",
    offline: "No connection at the moment. Still trying.",
    checking: "This page keeps checking and continues by itself as soon as the service is back.",
    progress: "Progress",
    tryAgain: "Try again now",
    refreshesEvery: (seconds) => `This page reloads by itself every ${seconds} seconds.`,
  },
  de: {
    causes: {
      maintenance: {
        heading: "Gleich wieder da",
        explanation: "Der Dienst wird gerade aktualisiert und steht in Kürze wieder bereit.",
      },
      expired: {
        heading: "Noch nicht bereit",
        explanation:
          "Ihre Anfrage hat auf den Dienst gewartet, er ist aber noch nicht bereit. Sie wurde nicht ausgeführt.",
      },
      shed: {
        heading: "Einen Moment, bitte",
        explanation: "Gerade warten sehr viele Menschen auf den Dienst. Ihre Anfrage wurde nicht ausgeführt.",
      },
      unreachable: {
        heading: "Gerade nicht erreichbar",
        explanation: "Der Dienst ist im Augenblick nicht erreichbar. Ihre Anfrage wurde nicht ausgeführt.",
      },
    },
    errors: {
      badAnswer: {
        heading: "Der Dienst hat nicht richtig geantwortet",
        explanation:
          "Die Verbindung zum Dienst ist fehlgeschlagen. Vielleicht klappt es beim nächsten Versuch.",
      },
      noAnswer: {
        heading: "Der Dienst hat zu lange gebraucht",
        explanation: "Es kam keine rechtzeitige Antwort. Vielleicht klappt es beim nächsten Versuch.",
      },
      other: {
        heading: "Das hat nicht geklappt",
        explanation: "Die Anfrage konnte nicht ausgeführt werden.",
      },
    },
    expectedEnd: "Voraussichtlich zurück:",
    overdue: "Es dauert länger als erwartet. Die Arbeiten laufen noch.",
    back: "Der Dienst ist wieder da. Einen Moment …",
    offline: "Zurzeit keine Verbindung. Es wird weiter versucht.",
    checking:
      "Diese Seite sieht immer wieder nach und macht von selbst weiter, sobald der Dienst zurück ist.",
    progress: "Fortschritt",
    tryAgain: "Jetzt erneut versuchen",
    refreshesEvery: (seconds) => `Diese Seite lädt sich alle ${seconds} Sekunden neu.`,
  },
  fr: {
    causes: {
      maintenance: {
        heading: "De retour bientôt",
        explanation: "Le service est en cours de mise à jour et sera de nouveau disponible sous peu.",
      },
      expired: {
        heading: "Pas encore prêt",
        explanation:
          "Votre demande a attendu le service, qui n’est pas encore prêt. Elle n’a pas été exécutée.",
      },
      shed: {
        heading: "Un instant, s’il vous plaît",
        explanation: "Beaucoup de personnes attendent le service. Votre demande n’a pas été exécutée.",
      },
      unreachable: {
        heading: "Injoignable pour l’instant",
        explanation: "Le service est injoignable en ce moment. Votre demande n’a pas été exécutée.",
      },
    },
    errors: {
      badAnswer: {
        heading: "Le service n’a pas répondu correctement",
        explanation: "La connexion au service a échoué. Un nouvel essai pourrait réussir.",
      },
      noAnswer: {
        heading: "Le service a mis trop de temps",
        explanation: "Aucune réponse n’est arrivée à temps. Un nouvel essai pourrait réussir.",
      },
      other: {
        heading: "Cela n’a pas fonctionné",
        explanation: "La demande n’a pas pu être exécutée.",
      },
    },
    expectedEnd: "Retour prévu\u00a0:",
    overdue: "C’est plus long que prévu. Les travaux se poursuivent.",
    back: "Le service est de retour. Un instant…",
    offline: "Pas de connexion pour le moment. Les essais continuent.",
    checking: "Cette page vérifie régulièrement et continue d’elle-même dès le retour du service.",
    progress: "Avancement",
    tryAgain: "Réessayer maintenant",
    refreshesEvery: (seconds) => `Cette page se recharge toutes les ${seconds} secondes.`,
  },
  es: {
    causes: {
      maintenance: {
        heading: "Volvemos pronto",
        explanation: "El servicio se está actualizando y volverá a estar disponible en breve.",
      },
      expired: {
        heading: "Todavía no está listo",
        explanation: "Su solicitud esperó al servicio, que todavía no está listo. No se ha ejecutado.",
      },
      shed: {
        heading: "Un momento, por favor",
        explanation:
          "Ahora mismo hay muchas personas esperando el servicio. Su solicitud no se ha ejecutado.",
      },
      unreachable: {
        heading: "No disponible por ahora",
        explanation: "No se puede acceder al servicio en este momento. Su solicitud no se ha ejecutado.",
      },
    },
    errors: {
      badAnswer: {
        heading: "El servicio no respondió correctamente",
        explanation: "Falló la conexión con el servicio. Puede que funcione si lo intenta de nuevo.",
      },
      noAnswer: {
        heading: "El servicio tardó demasiado",
        explanation: "No llegó ninguna respuesta a tiempo. Puede que funcione si lo intenta de nuevo.",
      },
      other: {
        heading: "No ha funcionado",
        explanation: "No se pudo ejecutar la solicitud.",
      },
    },
    expectedEnd: "Regreso previsto:",
    overdue: "Está tardando más de lo previsto. El trabajo continúa.",
    back: "El servicio ha vuelto. Un momento…",
    offline: "Sin conexión por el momento. Se sigue intentando.",
    checking: "Esta página lo comprueba una y otra vez y continúa sola en cuanto vuelva el servicio.",
    progress: "Progreso",
    tryAgain: "Reintentar ahora",
    refreshesEvery: (seconds) => `Esta página se recarga sola cada ${seconds} segundos.`,
  },
  ja: {
    causes: {
      maintenance: {
        heading: "まもなく再開します",
        explanation: "ただいまサービスを更新しています。しばらくすると再びご利用いただけます。",
      },
      expired: {
        heading: "まだ準備ができていません",
        explanation: "リクエストはサービスの準備を待ちましたが、まだ整っていません。処理は行われていません。",
      },
      shed: {
        heading: "少々お待ちください",
        explanation: "現在、多くの方がサービスの再開を待っています。リクエストは処理されていません。",
      },
      unreachable: {
        heading: "現在つながりません",
        explanation: "現在サービスに接続できません。リクエストは処理されていません。",
      },
    },
    errors: {
      badAnswer: {
        heading: "サービスから正しい応答がありません",
        explanation: "サービスへの接続に失敗しました。もう一度お試しください。",
      },
      noAnswer: {
        heading: "応答に時間がかかりすぎています",
        explanation: "時間内に応答がありませんでした。もう一度お試しください。",
      },
      other: {
        heading: "処理できませんでした",
        explanation: "リクエストを実行できませんでした。",
      },
    },
    expectedEnd: "再開予定：",
    overdue: "予定より時間がかかっています。作業は続いています。",
    back: "サービスが再開しました。少々お待ちください…",
    offline: "現在接続できません。再試行を続けています。",
    checking: "このページは定期的に確認し、サービスが再開すると自動的に続行します。",
    progress: "進行状況",
    tryAgain: "今すぐ再試行",
    refreshesEvery: (seconds) => `このページは${seconds}秒ごとに自動的に再読み込みされます。`,
  },
  zh: {
    causes: {
      maintenance: {
        heading: "很快回来",
        explanation: "服务正在更新，稍后即可恢复使用。",
      },
      expired: {
        heading: "尚未就绪",
        explanation: "您的请求已等待，但服务尚未就绪。该请求未被执行。",
      },
      shed: {
        heading: "请稍候",
        explanation: "目前有许多人在等待此服务。您的请求未被执行。",
      },
      unreachable: {
        heading: "暂时无法访问",
        explanation: "目前无法连接到服务。您的请求未被执行。",
      },
    },
    errors: {
      badAnswer: {
        heading: "服务未能正确响应",
        explanation: "与服务的连接失败。再试一次也许可以成功。",
      },
      noAnswer: {
        heading: "服务响应时间过长",
        explanation: "未能及时收到响应。再试一次也许可以成功。",
      },
      other: {
        heading: "操作未成功",
        explanation: "无法执行该请求。",
      },
    },
    expectedEnd: "预计恢复时间：",
    overdue: "所需时间比预计的长，工作仍在进行。",
    back: "服务已恢复，请稍候……",
    offline: "暂时没有连接，仍在尝试。",
    checking: "本页面会持续检查，服务恢复后将自动继续。",
    progress: "进度",
    tryAgain: "立即重试",
    refreshesEvery: (seconds) => `本页面每 ${seconds} 秒自动重新加载。`,
  },
};
