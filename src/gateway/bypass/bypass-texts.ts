// What the visitor of a bypass link reads when it opens nothing.

import type { Language, Notice } from "../maintenance/texts.ts";

export type BypassRefusal = "invalid" | "expired";

export const BYPASS_TEXTS: Record<Language, Record<BypassRefusal, Notice>> = {
  en: {
    invalid: {
      heading: "This link is not valid",
      explanation: "It was not made for this service, is not whole, or has been revoked. Ask for a new one.",
    },
    expired: {
      heading: "This link has expired",
      explanation: "It let its bearer in ahead of others for a limited time. Ask for a new one.",
    },
  },
  de: {
    invalid: {
      heading: "Dieser Link ist nicht gültig",
      explanation:
        "Er gehört nicht zu diesem Dienst, ist unvollständig oder wurde widerrufen. Bitten Sie um einen neuen.",
    },
    expired: {
      heading: "Dieser Link ist abgelaufen",
      explanation: "Er galt nur für begrenzte Zeit. Bitten Sie um einen neuen.",
    },
  },
  fr: {
    invalid: {
      heading: "Ce lien n’est pas valable",
      explanation:
        "Il n’est pas destiné à ce service, est incomplet ou a été révoqué. Demandez-en un nouveau.",
    },
    expired: {
      heading: "Ce lien a expiré",
      explanation: "Il n’était valable que pour une durée limitée. Demandez-en un nouveau.",
    },
  },
  es: {
    invalid: {
      heading: "Este enlace no es válido",
      explanation: "No corresponde a este servicio, está incompleto o ha sido revocado. Pida uno nuevo.",
    },
    expired: {
      heading: "Este enlace ha caducado",
      explanation: "Solo era válido durante un tiempo limitado. Pida uno nuevo.",
    },
  },
  ja: {
    invalid: {
      heading: "このリンクは無効です",
      explanation: "このサービス用ではないか、不完全か、取り消されています。新しいリンクを依頼してください。",
    },
    expired: {
      heading: "このリンクは期限切れです",
      explanation: "有効期間が限られたリンクでした。新しいリンクを依頼してください。",
    },
  },
  zh: {
    invalid: {
      heading: "此链接无效",
      explanation: "它不属于此服务、不完整或已被撤销。请索取新的链接。",
    },
    expired: {
      heading: "此链接已过期",
      explanation: "它只在有限的时间内有效。请索取新的链接。",
    },
  },
};
