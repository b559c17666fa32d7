// What is announced of an interruption when the operator has said no more than when it comes.

import type { Language } from "./texts.ts";

export const NOTICE_TEXTS: Record<Language, string> = {
  en: "The service will not be available for a while because of maintenance.",
  de: "Der Dienst steht wegen Wartungsarbeiten eine Weile nicht zur Verfügung.",
  fr: "Le service sera indisponible un moment pour cause de maintenance.",
  es: "El servicio no estará disponible durante un rato por mantenimiento.",
  ja: "メンテナンスのため、しばらくの間サービスをご利用いただけません。",
  zh: "因系统维护，服务将暂时无法使用。",
};
