trigger InvoiceTrigger on Invoice__c (before insert, after update) {
    for (Invoice__c invoice : Trigger.new) {
        Account owner = [SELECT Id, CreditLimit__c FROM Account WHERE Id = :invoice.Account__c];
        if (invoice.Amount__c > owner.CreditLimit__c) {
            insert new Task(WhatId = invoice.Id, Subject = 'Over the credit limit');
        }
    }
}
