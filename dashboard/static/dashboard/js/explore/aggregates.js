/** The aggregates of a bucket, as people call them. */

import { t } from "../page/language.js";

export const NAMES = /** @type {Record<string, string>} */ ({
  mean: t("mean"), min: t("min"), max: t("max"), sum: t("sum"), count: t("count"), first: t("first"), last: t("last"), median: t("median"), p05: t("5th percentile"), p95: t("95th percentile"),
  stddev: t("standard deviation"), increase: t("increase"), rate: t("rate"), time_weighted_mean: t("mean by time"),
});
