-- A store of schema version 1, dumped: one approved plan half carried out, one waiting.
BEGIN TRANSACTION;
CREATE TABLE approval_items (
	approval_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	workflow_id VARCHAR NOT NULL, 
	topic VARCHAR NOT NULL, 
	count INTEGER NOT NULL, 
	strategy VARCHAR NOT NULL, 
	job_id VARCHAR, 
	PRIMARY KEY (approval_id, number), 
	FOREIGN KEY(approval_id) REFERENCES approvals (id) ON DELETE CASCADE, 
	UNIQUE (job_id)
);
INSERT INTO "approval_items" VALUES('approval-b6fcc57d95c3',0,'wf-1','technical',2,'few_shot','job-e2b10a4b1c76');
CREATE TABLE approvals (
	id VARCHAR NOT NULL, 
	plan_id VARCHAR NOT NULL, 
	approver VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (plan_id), 
	FOREIGN KEY(plan_id) REFERENCES plans (id) ON DELETE CASCADE
);
INSERT INTO "approvals" VALUES('approval-b6fcc57d95c3','plan-35bbb385808a','ada','chat','2026-11-25T18:41:59.301486+00:00');
CREATE TABLE attempts (
	job_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	slot INTEGER NOT NULL, 
	status VARCHAR NOT NULL, 
	seed_ids JSON NOT NULL, 
	details JSON NOT NULL, 
	response TEXT, 
	gate VARCHAR, 
	evidence TEXT, 
	prompt_tokens INTEGER NOT NULL, 
	completion_tokens INTEGER NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "attempts" VALUES('job-e2b10a4b1c76',0,0,'accepted','["real-2"]','{"manner": "short"}','{"exchanges": []}',NULL,NULL,700,50);
INSERT INTO "attempts" VALUES('job-e2b10a4b1c76',1,1,'rejected','["real-2"]','{"manner": "short"}','{"exchanges": []}','parse','no JSON',701,50);
CREATE TABLE jobs (
	id VARCHAR NOT NULL, 
	workflow_id VARCHAR NOT NULL, 
	approval_id VARCHAR NOT NULL, 
	topic VARCHAR NOT NULL, 
	count INTEGER NOT NULL, 
	strategy VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	stop_reason TEXT, 
	coverage_before JSON NOT NULL, 
	coverage_after JSON, 
	created_at VARCHAR NOT NULL, 
	ended_at VARCHAR, 
	PRIMARY KEY (id), 
	FOREIGN KEY(workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
INSERT INTO "jobs" VALUES('job-e2b10a4b1c76','wf-1','approval-b6fcc57d95c3','technical',2,'few_shot','embedded (test)','running',NULL,'{"balance_score": 1.0}',NULL,'2026-11-25T18:41:59.304723+00:00',NULL);
CREATE TABLE plans (
	id VARCHAR NOT NULL, 
	workflow_id VARCHAR NOT NULL, 
	thread_id VARCHAR, 
	dataset_version INTEGER NOT NULL, 
	status VARCHAR NOT NULL, 
	items JSON NOT NULL, 
	details JSON NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
INSERT INTO "plans" VALUES('plan-35bbb385808a','wf-1','t-1',2,'approved','[{"topic": "technical", "count": 2, "strategy": "few_shot"}]','{}','2026-11-25T18:41:59.300610+00:00');
INSERT INTO "plans" VALUES('plan-583e4716f997','wf-1',NULL,3,'pending','[{"topic": "billing", "count": 3, "strategy": "few_shot"}]','{}','2026-11-25T18:41:59.314111+00:00');
CREATE TABLE records (
	workflow_id VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	topic VARCHAR, 
	other_topics JSON NOT NULL, 
	origin VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	has_assistant_turn BOOLEAN NOT NULL, 
	is_multi_turn BOOLEAN NOT NULL, 
	uses_tools BOOLEAN NOT NULL, 
	source_file VARCHAR, 
	source_line INTEGER, 
	topic_field VARCHAR, 
	job_id VARCHAR, 
	provenance JSON, 
	PRIMARY KEY (workflow_id, id), 
	FOREIGN KEY(workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
INSERT INTO "records" VALUES('wf-1','real-1',1,'billing','[]','real','active','{"messages": [{"role": "user", "content": "Why was I billed twice?"}, {"role": "assistant", "content": "Here is how."}], "topic": "billing"}',1,0,0,NULL,NULL,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','real-2',2,'technical','[]','real','active','{"messages": [{"role": "user", "content": "The app closes by itself."}, {"role": "assistant", "content": "Here is how."}], "topic": "technical"}',1,0,0,NULL,NULL,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','made-1',3,'technical','[]','synthetic','active','{"messages": [{"role": "user", "content": "The app crashes at start."}, {"role": "assistant", "content": "Here is how."}], "topic": "technical"}',1,0,0,NULL,NULL,NULL,'job-e2b10a4b1c76','null');
CREATE TABLE slots (
	job_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	record_id VARCHAR, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "slots" VALUES('job-e2b10a4b1c76',0,'made-1');
INSERT INTO "slots" VALUES('job-e2b10a4b1c76',1,NULL);
CREATE TABLE topics (
	workflow_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	description TEXT NOT NULL, 
	parent VARCHAR, 
	weight FLOAT, 
	PRIMARY KEY (workflow_id, name), 
	FOREIGN KEY(workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
INSERT INTO "topics" VALUES('wf-1','billing','Invoices and refunds.',NULL,NULL);
INSERT INTO "topics" VALUES('wf-1','technical','',NULL,NULL);
CREATE TABLE workflows (
	id VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	dataset_version INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "workflows" VALUES('wf-1','2026-11-25T18:41:59.291958+00:00',3);
CREATE INDEX records_by_topic ON records (workflow_id, status, topic);
CREATE INDEX records_by_position ON records (workflow_id, position);
CREATE INDEX plans_by_thread ON plans (thread_id, workflow_id, status);
COMMIT;
PRAGMA user_version = 1;
