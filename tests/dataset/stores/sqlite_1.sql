-- A store of schema version 1, as that version left it: three topics of the bundled sample, a job half done.
PRAGMA user_version = 1;
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
INSERT INTO "approval_items" VALUES('approval-5181bf243444',0,'wf-1','technical_issues',4,'few_shot','job-84ebb7ab9071');
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
INSERT INTO "approvals" VALUES('approval-5181bf243444','plan-621966e9686a','root','cli','2026-12-01T10:21:31.737970+00:00');
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
INSERT INTO "attempts" VALUES('job-84ebb7ab9071',0,0,'accepted','["21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1"]','{"situation": "it happens for the first time", "persona": "a non-native speaker of the language", "exchanges": 2}','{"exchanges": [{"user": "Login battery motion error update video restart album. Alert tablet archive update album battery export error.", "assistant": "Crash login restart error update alert print restart. Firmware camera login motion restart camera motion timeline."}, {"user": "Browser browser upload firmware login battery widget album. Export export tablet screen motion video timeline laptop.", "assistant": "Backup folder offline export print upload camera login. Error backup laptop alert login alert print screen."}]}',NULL,NULL,120,30);
INSERT INTO "attempts" VALUES('job-84ebb7ab9071',1,1,'rejected','["090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1", "21248c752b1ca33eaaff-1"]','{"situation": "it happened before and came back", "persona": "a busy parent", "exchanges": 2}','no json','parse','there is no JSON object in the reply: no json',120,30);
INSERT INTO "attempts" VALUES('job-84ebb7ab9071',2,2,'rejected','["fde9f82989df421ff86a-1", "21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1"]','{"situation": "the person compares two things and wants to know the difference", "persona": "a non-native speaker of the language", "exchanges": 2}','{}','parse','expected a list under ''exchanges''',120,30);
INSERT INTO "attempts" VALUES('job-84ebb7ab9071',3,3,'calling','["21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1"]','{"situation": "the person wants to do it for somebody else", "persona": "a person who writes short sentences", "exchanges": 2}',NULL,NULL,NULL,0,0);
INSERT INTO "attempts" VALUES('job-84ebb7ab9071',4,1,'calling','["090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1", "21248c752b1ca33eaaff-1"]','{"situation": "there is a date or deadline", "persona": "a person in a hurry", "exchanges": 2}',NULL,NULL,NULL,0,0);
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
INSERT INTO "jobs" VALUES('job-84ebb7ab9071','wf-1','approval-5181bf243444','technical_issues',4,'few_shot','mock-model at http://127.0.0.1:8123/v1','running',NULL,'{"balance_score": 0.83, "balance_score_exact": 0.8266666666666667, "status": "excellent", "total_records": 12, "topic_distribution": {"billing_questions": 4, "technical_issues": 3, "account_management": 5}, "under_represented": [], "recommendations": ["The balance is excellent (0.83): you can proceed to the grader configuration", "3 topics have fewer than 100 records: ''technical_issues'' (3), ''billing_questions'' (4) and ''account_management'' (5)"], "uncategorized": 0, "untargeted": {}, "below_minimum": ["technical_issues", "billing_questions", "account_management"], "topics": [{"name": "billing_questions", "records": 4, "synthetic": 0, "share": 0.3333333333333333, "target": 0.3333333333333333, "representation": 1.0, "under_represented": false, "below_minimum": true}, {"name": "technical_issues", "records": 3, "synthetic": 0, "share": 0.25, "target": 0.3333333333333333, "representation": 0.75, "under_represented": false, "below_minimum": true}, {"name": "account_management", "records": 5, "synthetic": 0, "share": 0.4166666666666667, "target": 0.3333333333333333, "representation": 1.25, "under_represented": false, "below_minimum": true}], "capped": {}, "additions": {}, "weights": null}',NULL,'2026-12-01T10:21:31.773268+00:00',NULL);
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
INSERT INTO "plans" VALUES('plan-621966e9686a','wf-1',NULL,1,'approved','[{"topic": "technical_issues", "count": 4, "strategy": "few_shot"}]','{"reason": "as you asked", "score": 0.8266666666666667, "predicted_score": 0.8052910052910053, "calls": 7, "tokens": 6063, "usd": null, "note": "about 7 model calls and 6,063 tokens, price of the model not known (60% accepted, assumed)"}','2026-12-01T10:21:31.726659+00:00');
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
INSERT INTO "records" VALUES('wf-1','4060e13ddeeac14c7cea-1',1,'billing_questions','[]','real','active','{"messages": [{"role": "user", "content": "bitcoin ok?"}, {"role": "assistant", "content": "Crypto isn''t accepted. You can pay with Visa, Mastercard, American Express or PayPal, with a Lumeo gift card, by SEPA debit for yearly plans in the EU, or by bank transfer for Pro yearly."}], "topic": "billing_questions"}',1,0,0,'data.jsonl',1,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','9e7aa0452e16d24527ee-1',2,'billing_questions','[]','real','active','{"messages": [{"role": "user", "content": "I subscribed on January 31st. When am I billed in months that have no 31st? My app says Feb 28 and I don''t want to be shortened"}, {"role": "assistant", "content": "In shorter months you''re billed on the last day, so February 28 (or 29), and on the 31st again where the month has one. You pay 12 times a year either way, so no days are lost."}], "topic": "billing_questions"}',1,0,0,'data.jsonl',2,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','49129cff6d3069d1b04e-1',3,'billing_questions','[]','real','active','{"messages": [{"role": "user", "content": "Heard rumours that Plus will get more expensive. True? I just paid for a full year and would be pretty mad"}, {"role": "assistant", "content": "No price change is planned as far as I can tell you: Plus remains $4.99 a month or $49.90 a year. And should prices ever change, a year you''ve already paid for isn''t touched; the new price could apply at your renewal at the earliest, with 30 days'' notice by email."}], "topic": "billing_questions"}',1,0,0,'data.jsonl',3,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','fcc0c4a6d8d2e83ccf1f-1',4,'billing_questions','[]','real','active','{"messages": [{"role": "user", "content": "Im from Brazil, my bank make a fee for foreign transaction every month because you charge in dollars. It is possible to pay in reais?"}, {"role": "assistant", "content": "Not at the moment: plans bought on our website are charged in US dollars. Two ways around the monthly fee are to pay yearly, so that it comes up only once, or to subscribe in the Android app, because Google Play bills in your local currency."}], "topic": "billing_questions"}',1,0,0,'data.jsonl',4,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','21248c752b1ca33eaaff-1',5,'technical_issues','[]','real','active','{"messages": [{"role": "user", "content": "The memories widget on my home screen is just a grey rectangle now"}, {"role": "assistant", "content": "That rectangle appears when the widget has no picture it is allowed to show. Is the app itself signed in and loading photos, and is it on an iPhone or an Android phone?"}, {"role": "user", "content": "I''m signed in, it''s a Samsung A54. After I add it again it shows a photo for one minute."}, {"role": "assistant", "content": "Samsung puts Lumeo to sleep, which stops the widget. Open Settings > Battery > Never sleeping apps, add Lumeo, and restart the phone."}], "topic": "technical_issues"}',1,1,0,'data.jsonl',5,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','090ab5eeb330f991ccdc-1',6,'technical_issues','[]','real','active','{"messages": [{"role": "user", "content": "not getting any motion alerts on my iphone anymore"}, {"role": "assistant", "content": "Two quick checks: in the app, Cameras > your camera > Alerts must have Motion switched on, and in iOS Settings > Notifications > Lumeo the switch Allow Notifications must be on. Are both on, and do you see the motion clips in the camera''s timeline?"}, {"role": "user", "content": "Both are on and the clips are there. The alerts stopped on Sunday after I restored the phone from a backup."}, {"role": "assistant", "content": "Restoring makes the old push registration invalid. Go to Settings > Notifications > Reset push on this device, confirm, and tap \"Send test alert\"."}], "topic": "technical_issues"}',1,1,0,'data.jsonl',6,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','fde9f82989df421ff86a-1',7,'technical_issues','[]','real','active','{"messages": [{"role": "user", "content": "Hi, since I bought a new phone I see every picture two times in the timeline. Is very annoying, about 3000 photos."}, {"role": "assistant", "content": "It sounds as if the new phone uploaded its copies again next to the old ones. Open one such pair, tap the three dots > Details on each, and compare \"File name\", \"Size\" and \"Uploaded from\". What differs?"}, {"role": "user", "content": "Same file name, but the size is 3.1 MB on one and 1.4 MB on the other."}, {"role": "assistant", "content": "Then the transfer made smaller copies, and Lumeo takes them for new photos. On the web, open Tools > Find duplicates, choose \"Similar photos\" and tick \"Keep the larger file\"."}], "topic": "technical_issues"}',1,1,0,'data.jsonl',7,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','ddaf554de47183f73427-1',8,'account_management','[]','real','active','{"messages": [{"role": "user", "content": "calendar view begins on sunday and dates are american style. i want monday and 31/12"}, {"role": "assistant", "content": "Both are under Settings > Account > Region & formats: set \"First day of week\" to Monday and \"Date format\" to DD/MM/YYYY. They count for your account on all devices."}], "topic": "account_management"}',1,0,0,'data.jsonl',8,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','a3637e16e0e0a502e361-1',9,'account_management','[]','real','active','{"messages": [{"role": "user", "content": "i moved out, how do i leave the family group of my old flat and not lose my pics"}, {"role": "assistant", "content": "Copy first, leave second. Your own library goes with you, but pictures others put in the family library don''t, so select the ones you''d like there and tap Save to my library; then use Settings > Family > Leave group."}], "topic": "account_management"}',1,0,0,'data.jsonl',9,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','8ba772be1dbaadd31b65-1',10,'account_management','[]','real','active','{"messages": [{"role": "user", "content": "Letters are too tiny for me in the app and grey on white is hard with my eyes. Is there a setting in my profile?"}, {"role": "assistant", "content": "There is: Settings > Account > Accessibility. Set \"Text size\" to Large or Extra large and turn on \"High contrast\"; it''s saved in your account, so your tablet and the website change too."}], "topic": "account_management"}',1,0,0,'data.jsonl',10,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','cda1d550c1b1a440b8fe-1',11,'account_management','[]','real','active','{"messages": [{"role": "user", "content": "Signing in on the TV by remote is torture, 20 character password with symbols. Any other way?"}, {"role": "assistant", "content": "Pick \"Sign in with phone\" on the TV, scan the QR code using your phone''s camera and approve it in the Lumeo app. The TV shows up as its own entry in Settings > Devices, from where you can sign it out at any time."}], "topic": "account_management"}',1,0,0,'data.jsonl',11,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','acc9f1d696de6cb5a40b-1',12,'account_management','[]','real','active','{"messages": [{"role": "user", "content": "i changed my username to something silly 3 days ago and want my old one back, it says wait 57 days"}, {"role": "assistant", "content": "Going back to your own previous name is the exception to the 60-day rule. On the web open Settings > Profile > Username > Previous names and click Restore; it''s held for you for 90 days, so no one can have taken it."}], "topic": "account_management"}',1,0,0,'data.jsonl',12,NULL,NULL,'null');
INSERT INTO "records" VALUES('wf-1','e46806219c8652e1d7a2-s',13,'technical_issues','[]','synthetic','active','{"messages": [{"role": "user", "content": "Login battery motion error update video restart album. Alert tablet archive update album battery export error."}, {"role": "assistant", "content": "Crash login restart error update alert print restart. Firmware camera login motion restart camera motion timeline."}, {"role": "user", "content": "Browser browser upload firmware login battery widget album. Export export tablet screen motion video timeline laptop."}, {"role": "assistant", "content": "Backup folder offline export print upload camera login. Error backup laptop alert login alert print screen."}], "topic": "technical_issues"}',1,1,0,NULL,NULL,NULL,'job-84ebb7ab9071','{"job": "job-84ebb7ab9071", "slot": 0, "attempt": 0, "approval": "approval-5181bf243444", "strategy": "few_shot", "seeds": ["21248c752b1ca33eaaff-1", "090ab5eeb330f991ccdc-1", "fde9f82989df421ff86a-1"], "drawn": {"situation": "it happens for the first time", "persona": "a non-native speaker of the language", "exchanges": 2}, "template": "da6e1a2f5ffd0212", "model": "mock-model at http://127.0.0.1:8123/v1", "gates": ["role_grammar", "artefacts", "tool_calls", "kept_facts", "grounded_reply", "exact_duplicate", "near_duplicate", "semantic_duplicate", "topic"]}');
CREATE TABLE slots (
	job_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	record_id VARCHAR, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "slots" VALUES('job-84ebb7ab9071',0,'e46806219c8652e1d7a2-s');
INSERT INTO "slots" VALUES('job-84ebb7ab9071',1,NULL);
INSERT INTO "slots" VALUES('job-84ebb7ab9071',2,NULL);
INSERT INTO "slots" VALUES('job-84ebb7ab9071',3,NULL);
CREATE TABLE topics (
	workflow_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	description TEXT NOT NULL, 
	parent VARCHAR, 
	weight FLOAT, 
	PRIMARY KEY (workflow_id, name), 
	FOREIGN KEY(workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
CREATE TABLE workflows (
	id VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	dataset_version INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "workflows" VALUES('wf-1','2026-12-01T10:21:27.466401+00:00',2);
CREATE INDEX records_by_position ON records (workflow_id, position);
CREATE INDEX records_by_topic ON records (workflow_id, status, topic);
CREATE INDEX plans_by_thread ON plans (thread_id, workflow_id, status);
COMMIT;
