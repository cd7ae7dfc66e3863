"""The life of one try: drafted, sent, journalled, checked, accepted; and the engines that run many."""
