// What an upgrade is doing, in words for strangers: they are told what kind of work it is, not what is worked on.

import type { Language } from "./texts.ts";

export const PHASES = [
  "preparing",
  "fetching",
  "saving",
  "converting",
  "installing",
  "checking",
  "finishing",
  "going_back",
] as const;

export type Phase = (typeof PHASES)[number];

export const PHASE_TEXTS: Record<Language, Record<Phase, string>> = {
  en: {
    preparing: "Preparing",
    fetching: "Fetching the new version",
    saving: "Making a backup",
    converting: "Bringing the data up to date",
    installing: "Starting the new version",
    checking: "Checking the new version",
    finishing: "Almost done",
    going_back: "Going back to the version before",
  },
  de: {
    preparing: "Vorbereitung",
    fetching: "Die neue Version wird geladen",
    saving: "Die Daten werden gesichert",
    converting: "Die Daten werden angepasst",
    installing: "Die neue Version wird gestartet",
    checking: "Die neue Version wird geprüft",
    finishing: "Fast fertig",
    going_back: "Zurück zur vorherigen Version",
  },
  fr: {
    preparing: "Préparation",
    fetching: "Téléchargement de la nouvelle version",
    saving: "Sauvegarde des données",
    converting: "Mise à jour des données",
    installing: "Démarrage de la nouvelle version",
    checking: "Vérification de la nouvelle version",
    finishing: "Presque terminé",
    going_back: "Retour à la version précédente",
  },
  es: {
    preparing: "Preparación",
    fetching: "Descargando la nueva versión",
    saving: "Guardando una copia de seguridad",
    converting: "Actualizando los datos",
    installing: "Iniciando la nueva versión",
    checking: "Comprobando la nueva versión",
    finishing: "Casi listo",
    going_back: "Volviendo a la versión anterior",
  },
  ja: {
    preparing: "準備しています",
    fetching: "新しいバージョンを取得しています",
    saving: "バックアップを作成しています",
    converting: "データを更新しています",
    installing: "新しいバージョンを起動しています",
    checking: "新しいバージョンを確認しています",
    finishing: "まもなく完了します",
    going_back: "以前のバージョンに戻しています",
  },
  zh: {
    preparing: "正在准备",
    fetching: "正在获取新版本",
    saving: "正在备份数据",
    converting: "正在更新数据",
    installing: "正在启动新版本",
    checking: "正在检查新版本",
    finishing: "即将完成",
    going_back: "正在恢复到之前的版本",
  },
};
