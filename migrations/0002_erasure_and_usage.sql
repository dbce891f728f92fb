ALTER TABLE `daily_usage` ADD `other_tokens` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `erasures` ADD `external_id_hash` text;--> statement-breakpoint
ALTER TABLE `erasures` ADD `taught_cluster_ids` text;--> statement-breakpoint
CREATE INDEX `erasures_external_id` ON `erasures` (`external_id_hash`) WHERE external_id_hash is not null;